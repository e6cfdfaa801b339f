import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { hasDotSegment, ROUTE_PATTERNS, routeParameters } from '../core/api/route-pattern.ts';
import { RegistryError } from '../core/errors.ts';
import { type Dispatcher, dispatchedRoute } from './dispatcher.ts';
import type { RoutedExtension } from './extension-routes.ts';
import type { RequestState } from './http/request-scope.ts';
import type { RouteHandlers } from './routes/exchange.ts';

/**
 * Puts every route of the descriptor table into a router, once, behind those of extensions: to the pattern of a tags
 * list, `/v2/_ext/x/tags/list` would be one of a repository, which no repository can be called.
 * @param prefix what stands before `/v2/` in every path (`http.prefix`); no `/` at its end
 */
export function createRouter(
  handlers: RouteHandlers,
  extensions: readonly RoutedExtension[],
  { dispatcher, prefix }: { readonly dispatcher: Dispatcher; readonly prefix: string },
): Router<RequestState> {
  // A route takes every method, so that the dispatcher can say which ones there are.
  const router = new Router<RequestState>({ methods: METHODS });
  const start = `^${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  const own = ROUTE_PATTERNS.map(({ route, ...entry }) => ({
    ...entry,
    dispatched: dispatchedRoute(route, handlers[route.name]),
  }));
  for (const { dispatched, ...entry } of [...extensions, ...own]) {
    router.register(
      new RegExp(entry.pattern.source.replace('^', () => start)),
      METHODS,
      async (ctx, next: () => Promise<void>) => {
        if (hasDotSegment(ctx.path)) return next();
        await dispatcher.dispatch(ctx, dispatched, routeParameters(entry, ctx.captures ?? []));
      },
      { name: dispatched.route.name, pathAsRegExp: true },
    );
  }
  return router;
}

/** Answers for every path that no route has. */
export const noSuchRoute: Middleware<RequestState> = (ctx) => {
  // Of a target such as `http://`, Koa's path is null, whatever its type says.
  const path = String(ctx.path).slice(0, 512);
  throw new RegistryError('ROUTE_UNKNOWN', { path, reason: 'the API has no such path' });
};
