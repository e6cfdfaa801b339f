import type { RouteAccess } from '../../../core/api/route-descriptor.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { Access, AccessController } from '../../../core/ports/access-controller.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import { methodOf, type ServedRoute } from '../handled-route.ts';
import { accessRequestOf } from './access-request.ts';
import { reportFailedLogIn } from './report-failed-log-in.ts';
import type { RouteStep } from './route-step.ts';

/** What authorization works with. */
interface AuthorizeDependencies {
  readonly controller: AccessController;
  readonly settings: HttpSettings;
}

/**
 * Asks the access controller for what the method needs; public methods pass without asking. A method that the route
 * does not have needs an authenticated client, so that a stranger learns nothing about the route, unless all methods of
 * the route are public.
 */
export function authorize(route: ServedRoute, { controller, settings }: AuthorizeDependencies): RouteStep {
  const isPublic = route.methods.every(({ access }) => access === 'public');
  const isBase = route.name === 'base';
  return async (ctx, next) => {
    const method = methodOf(route, ctx.method);
    if (method?.access === 'admin' && method.method !== 'GET' && method.method !== 'HEAD') requireSameSite(ctx);
    if (!isPublic && method?.access !== 'public') {
      const accesses = method === undefined ? [] : accessesOf(method.access, ctx.state.name);
      try {
        const needsUser = method?.access === 'none' && !isBase;
        const grant = await controller.authorize(accessRequestOf(ctx, settings, needsUser), accesses);
        ctx.state.grant = grant;
        ctx.state.scope.user = grant.actor?.name;
        ctx.state.scope.mayOverwrite = grant.mayOverwrite;
      } catch (error) {
        reportFailedLogIn(ctx, error, settings);
        throw error;
      }
    }
    await next();
  };
}

/** A browser must not administrate with the log-in that it remembers because a page of another site asks it to. */
function requireSameSite(ctx: Parameters<RouteStep>[0]): void {
  const site = ctx.get('Sec-Fetch-Site');
  if (site === '' || site === 'same-origin' || site === 'none') return;
  throw new RegistryError('DENIED', { reason: 'a page of another site asks for this' });
}

/** The right to administrate everything. */
export const ADMINISTRATION: Access = { type: 'registry', name: 'admin', action: '*' };

function accessesOf(access: Exclude<RouteAccess, 'public'>, name: RepositoryName | undefined): readonly Access[] {
  if (access === 'catalog') return [{ type: 'registry', name: 'catalog', action: '*' }];
  if (access === 'none') return [];
  if (access === 'admin') {
    return [name === undefined ? ADMINISTRATION : { type: 'repository', name, action: '*' }];
  }
  if (name === undefined) throw new RegistryError('DENIED', { reason: `"${access}" needs a repository` });
  const repository = { type: 'repository', name } as const;
  // As in distribution: a push needs the right to pull as well.
  if (access === 'push')
    return [
      { ...repository, action: 'pull' },
      { ...repository, action: 'push' },
    ];
  return [{ ...repository, action: access }];
}
