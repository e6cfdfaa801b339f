import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import { digestOf } from '../../../helpers/http/with-registry.ts';

/** What each request needs. It is written here once more, so that a wrong access in the table of routes shows. */
export const NEEDS: Readonly<Record<string, 'any user' | 'catalog' | 'pull' | 'push' | 'delete'>> = {
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

/** A request of each method to each route. */
export const CASES: readonly Case[] = ROUTES.flatMap(({ name, path, methods }) =>
  methods.map(({ method }) => ({
    title: `${method} ${name}`,
    method,
    path: path.replaceAll(/<(\w+)>/g, (_all, parameter: string) => PARAMETERS[parameter] ?? ''),
  })),
);
