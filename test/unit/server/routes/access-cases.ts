import type { RouteDescriptor } from '../../../../core/api/route-descriptor.ts';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';

/** What each request needs. It is written here once more, so that a wrong access in the table of routes shows. */
export const NEEDS: Readonly<
  Record<string, 'any user' | 'catalog' | 'pull' | 'push' | 'delete' | 'administrator' | 'administrator of app'>
> = {
  'GET base': 'any user',
  'HEAD base': 'any user',
  'GET catalog': 'catalog',
  'HEAD catalog': 'catalog',
  'GET tags': 'pull',
  'HEAD tags': 'pull',
  'GET manifest': 'pull',
  'HEAD manifest': 'pull',
  'PUT manifest': 'push',
  'DELETE manifest': 'delete',
  'GET referrers': 'pull',
  'HEAD referrers': 'pull',
  'GET blob': 'pull',
  'HEAD blob': 'pull',
  'DELETE blob': 'delete',
  'POST blob-upload': 'push',
  'GET blob-upload-chunk': 'push',
  'HEAD blob-upload-chunk': 'push',
  'PATCH blob-upload-chunk': 'push',
  'PUT blob-upload-chunk': 'push',
  'DELETE blob-upload-chunk': 'push',
  'GET admin-jobs': 'administrator',
  'HEAD admin-jobs': 'administrator',
  'POST admin-job-run': 'administrator',
  'DELETE admin-job-run': 'administrator',
  'GET admin-job-events': 'administrator',
  'HEAD admin-job-events': 'administrator',
  'GET admin-quarantine': 'administrator',
  'HEAD admin-quarantine': 'administrator',
  'DELETE admin-quarantined': 'administrator',
  'POST admin-quarantine-release': 'administrator',
  'DELETE admin-repository': 'administrator',
  'DELETE admin-repository of a repository': 'administrator of app',
  'GET admin-repository-changes': 'administrator',
  'HEAD admin-repository-changes': 'administrator',
  'POST admin-repository-changes': 'administrator',
  'DELETE admin-repository-changes': 'administrator',
  'GET admin-repository-change': 'administrator',
  'HEAD admin-repository-change': 'administrator',
  'GET admin-repository-change of a repository': 'administrator of app',
  'HEAD admin-repository-change of a repository': 'administrator of app',
  'GET admin-trash': 'administrator',
  'HEAD admin-trash': 'administrator',
  'GET admin-trash of a repository': 'administrator of app',
  'HEAD admin-trash of a repository': 'administrator of app',
  'DELETE admin-trash': 'administrator',
  'DELETE admin-trash of a repository': 'administrator of app',
  'GET admin-trash-swept': 'administrator',
  'HEAD admin-trash-swept': 'administrator',
  'POST admin-trash-restore': 'administrator',
  'POST admin-trash-restore of a repository': 'administrator of app',
  'GET admin-tag-history': 'administrator',
  'HEAD admin-tag-history': 'administrator',
  'GET admin-tag-history of a repository': 'administrator of app',
  'HEAD admin-tag-history of a repository': 'administrator of app',
  'GET admin-tag-digest': 'administrator',
  'HEAD admin-tag-digest': 'administrator',
  'GET admin-tag-digest of a repository': 'administrator of app',
  'HEAD admin-tag-digest of a repository': 'administrator of app',
  'POST admin-tag-restore': 'administrator',
  'POST admin-tag-restore of a repository': 'administrator of app',
  'GET admin-uploads': 'administrator',
  'HEAD admin-uploads': 'administrator',
  'GET admin-uploads of a repository': 'administrator of app',
  'HEAD admin-uploads of a repository': 'administrator of app',
  'DELETE admin-upload': 'administrator',
  'DELETE admin-upload of a repository': 'administrator of app',
};

const PARAMETERS: Readonly<Record<string, string>> = {
  name: 'app',
  reference: 'v1',
  digest: digestOf('layer'),
  uuid: '6b4b6a1e-0d3c-4f5e-9a68-0a0b1c2d3e4f',
};

interface Case {
  readonly title: string;
  readonly method: string;
  readonly path: string;
}

/** Serves the admin API also where no policy says who is an administrator. */
export const WITH_ADMINISTRATION = { admin: { enabled: true } };

/** A request of each method to each route; to one that may name a repository, with and without one. */
export const CASES: readonly Case[] = (ROUTES as readonly RouteDescriptor[]).flatMap((route) =>
  route.methods.flatMap(({ method }) => {
    const title = `${method} ${route.name}`;
    const path = route.path.replaceAll(/<(\w+)>/g, (_all, parameter: string) => PARAMETERS[parameter] ?? 'x');
    const all = { title, method, path };
    return route.repository === 'query'
      ? [all, { title: `${title} of a repository`, method, path: `${path}?repository=app` }]
      : [all];
  }),
);
