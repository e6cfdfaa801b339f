import type { RouteAccess } from '../../../core/api/route-descriptor.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { RepositoryName } from '../../../core/model/reference.ts';
import type { Access, AccessController } from '../../../core/ports/access-controller.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import { methodOf, type ServedRoute } from '../handled-route.ts';
import { accessRequestOf } from './access-request.ts';
import type { RouteStep } from './route-step.ts';

/** What authorization works with. */
interface AuthorizeDependencies {
  readonly controller: AccessController;
  readonly settings: HttpSettings;
}

/**
 * Asks the access controller for what the method needs; it is not asked for a method that is public. A method that the
 * route does not have needs a client that is let in at all, so that a stranger learns nothing of the route, unless all of
 * its methods are public.
 */
export function authorize(route: ServedRoute, { controller, settings }: AuthorizeDependencies): RouteStep {
  const isPublic = route.methods.every(({ access }) => access === 'public');
  return async (ctx, next) => {
    const method = methodOf(route, ctx.method);
    if (!isPublic && method?.access !== 'public') {
      const accesses = method === undefined ? [] : accessesOf(method.access, ctx.state.name);
      const grant = await controller.authorize(accessRequestOf(ctx, settings), accesses);
      ctx.state.grant = grant;
      ctx.state.scope.user = grant.actor?.name;
    }
    await next();
  };
}

function accessesOf(access: Exclude<RouteAccess, 'public'>, name: RepositoryName | undefined): readonly Access[] {
  if (access === 'catalog') return [{ type: 'registry', name: 'catalog', action: '*' }];
  if (access === 'none') return [];
  if (name === undefined) throw new RegistryError('DENIED', { reason: `"${access}" needs a repository` });
  const repository = { type: 'repository', name } as const;
  // distribution's action mapping: who pushes must be able to pull.
  if (access === 'push')
    return [
      { ...repository, action: 'pull' },
      { ...repository, action: 'push' },
    ];
  return [{ ...repository, action: access }];
}
