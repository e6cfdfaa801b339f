import { RegistryError } from '../../../core/model/errors.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';
import { methodOf, type ServedRoute } from '../handled-route.ts';
import { allMethods, enabledMethods, readMethods, reasonAgainst } from './enabled-methods.ts';
import type { RouteStep } from './route-step.ts';

/**
 * Passes only methods that the route has and that the configuration enables at this moment: no changes in a read-only
 * registry, and no deletes where deleting is disabled.
 */
export function allowChanges(route: ServedRoute, settings: HttpSettings): RouteStep {
  const left = readMethods(route);
  return (ctx, next) => {
    const method = methodOf(route, ctx.method);
    if (method === undefined) {
      const allow = allMethods(route);
      throw unsupported(ctx, allow, `this path takes ${allow}`);
    }
    const reason = reasonAgainst(method, settings);
    if (reason !== undefined) throw unsupported(ctx, enabledMethods(route, settings), reason);
    ctx.state.scope.readMethods = left;
    return next();
  };
}

/** RFC 9110 section 15.5.6: a 405 names the methods that are allowed. */
function unsupported(ctx: Context, allow: string, reason: string): RegistryError {
  ctx.set('Allow', allow);
  return new RegistryError('UNSUPPORTED', { method: ctx.method, reason });
}
