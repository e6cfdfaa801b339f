import Router from '@koa/router';
import { ROUTE_PATTERNS, routeParameters } from '../core/api/route-pattern.ts';
import type { RouteName } from '../core/api/route-descriptors.ts';
import { RegistryError } from '../core/errors.ts';
import type { Context, RequestState } from './http/request-scope.ts';

/** Called for a request that a route has; `captures` are the parts of its path. */
export type Dispatch = (ctx: Context, name: RouteName, parameters: Readonly<Record<string, string>>) => Promise<void>;

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'];

/** Puts every route of the descriptor table into a router, once; the dispatcher answers for the methods. */
export function createRouter(dispatch: Dispatch): Router<RequestState> {
  const router = new Router<RequestState>({ methods: METHODS });
  for (const { route, pattern, parameters } of ROUTE_PATTERNS) {
    router.register(pattern, METHODS, (ctx) => dispatch(ctx, route.name, routeParameters(parameters, ctx.captures)), {
      name: route.name,
      pathAsRegExp: true,
    });
  }
  return router;
}

/** The error for a path that no route has. */
export function noSuchRoute(path: string): RegistryError {
  return new RegistryError('ROUTE_UNKNOWN', { path: path.slice(0, 512), reason: 'the API has no such path' });
}
