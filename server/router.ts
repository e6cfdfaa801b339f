import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { hasDotSegment, ROUTE_PATTERNS, routeParameters } from '../core/api/route-pattern.ts';
import { RegistryError } from '../core/errors.ts';
import { type Dispatcher, dispatchedRoute } from './dispatcher.ts';
import type { RoutedExtension } from './extension-routes.ts';
import type { RequestState } from './http/request-scope.ts';
import type { HttpFigures } from './metrics/http-figures.ts';
import type { RouteHandlers } from './routes/exchange.ts';

/** What routes are put together with. */
export interface RouterSurroundings {
  readonly dispatcher: Dispatcher;
  /** What stands before `/v2/` in every path (`http.prefix`); no `/` at its end. */
  readonly prefix: string;
  /** Counts the requests; absent where nobody asks. */
  readonly figures: HttpFigures | undefined;
}

/**
 * Puts every route of the descriptor table into a router, once, behind those of extensions: to the pattern of a tags
 * list, `/v2/_ext/x/tags/list` would be one of a repository, which no repository can be called.
 */
export function createRouter(
  handlers: RouteHandlers,
  extensions: readonly RoutedExtension[],
  { dispatcher, prefix, figures }: RouterSurroundings,
): Router<RequestState> {
  // A route takes every method, so that the dispatcher can say which ones there are.
  const router = new Router<RequestState>({ methods: METHODS });
  const start = `^${prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  const own = ROUTE_PATTERNS.map(({ route, ...entry }) => ({
    ...entry,
    dispatched: dispatchedRoute(route, handlers[route.name]),
  }));
  for (const { dispatched, ...entry } of [...extensions, ...own]) {
    const counted = figures?.of(handlerNameOf(dispatched.route.name));
    router.register(
      new RegExp(entry.pattern.source.replace('^', () => start)),
      METHODS,
      async (ctx, next: () => Promise<void>) => {
        if (hasDotSegment(ctx.path)) return next();
        counted?.begin(ctx.req, ctx.res, ctx.state.scope.startedAt);
        await dispatcher.dispatch(ctx, dispatched, routeParameters(entry, ctx.captures ?? []));
      },
      { name: dispatched.route.name, pathAsRegExp: true },
    );
  }
  return router;
}

/** What distribution calls the handler of a route; of extensions, which are named by their paths, there may be many. */
function handlerNameOf(route: string): string {
  return route.startsWith('/') ? 'extension' : route.replaceAll('-', '_');
}

/** Answers for every path that no route has. */
export const noSuchRoute: Middleware<RequestState> = (ctx) => {
  // Of a target such as `http://`, Koa's path is null, whatever its type says.
  const path = String(ctx.path).slice(0, 512);
  throw new RegistryError('ROUTE_UNKNOWN', { path, reason: 'the API has no such path' });
};
