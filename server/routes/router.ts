import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { decodePath, hasDotSegment, ROUTE_PATTERNS, routeParameters } from '../../core/api/route-pattern.ts';
import { RegistryError } from '../../core/model/errors.ts';
import type { RequestState } from '../http/request-scope.ts';
import type { HttpMetrics } from '../metrics/http-metrics.ts';
import { type DispatchedRoute, type Dispatcher, dispatchedRoute } from './dispatcher.ts';
import type { RoutedExtension } from './extension-routes.ts';
import type { RouteHandlers } from './route-context.ts';

/** What routes are put together with. */
export interface RouterDependencies {
  readonly dispatcher: Dispatcher;
  /** What stands before `/v2/` in every path (`http.prefix`); no `/` at its end. */
  readonly prefix: string;
  /** Counts the requests; absent where nobody asks. */
  readonly figures: HttpMetrics | undefined;
}

/** What brings requests to the dispatcher. */
export interface Routing {
  /** To be used in this order. */
  readonly middleware: readonly Middleware<RequestState>[];
  /** Whether a path, as it was sent, belongs to a route. */
  readonly isRoute: (path: string) => boolean;
}

/** What @koa/router matches in the place of the path, where it is set. */
interface PathToMatch {
  newRouterPath?: string;
}

/** A route, how its paths are known, and how they are read. */
interface RoutedEntry {
  readonly dispatched: DispatchedRoute;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/**
 * Puts every route into a router, once. Extensions go first: to the pattern of a tags list, `/v2/_ext/x/tags/list`
 * would be one of a repository, which no repository can be called. Their paths are matched as they were sent and their
 * parameters decoded one by one, so that an extension may be given an escaped slash; the paths of the API are decoded
 * as a whole before they are matched, as in distribution.
 */
export function createRouting(
  handlers: RouteHandlers,
  extensions: readonly RoutedExtension[],
  surroundings: RouterDependencies,
): Routing {
  const start = `^${surroundings.prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  const prefixed = (entry: RoutedEntry): RoutedEntry => ({
    ...entry,
    pattern: new RegExp(entry.pattern.source.replace('^', () => start)),
  });
  const foreign = extensions.map(prefixed);
  const own = ROUTE_PATTERNS.map(({ route, ...entry }) =>
    prefixed({ ...entry, dispatched: dispatchedRoute(route, handlers[route.name]) }),
  );
  const matches = (entries: readonly RoutedEntry[], path: string): boolean =>
    !hasDotSegment(path) && entries.some(({ pattern }) => pattern.test(path));
  return {
    middleware: [
      ...(foreign.length > 0 ? [routerOf(foreign, surroundings, decodePath)] : []),
      (ctx, next) => {
        // Of a target such as `http://`, Koa's path is null, whatever its type says.
        (ctx as PathToMatch).newRouterPath = decodePath(String(ctx.path));
        return next();
      },
      routerOf(own, surroundings, (parameter) => parameter),
    ],
    isRoute: (path) => path === '/' || matches(foreign, path) || matches(own, decodePath(path)),
  };
}

function routerOf(
  entries: readonly RoutedEntry[],
  { dispatcher, figures }: RouterDependencies,
  read: (parameter: string) => string,
): Middleware<RequestState> {
  // A route takes every method, so that the dispatcher can say which ones there are.
  const router = new Router<RequestState>({ methods: METHODS });
  for (const { dispatched, pattern, parameters } of entries) {
    const counted = figures?.of(handlerNameOf(dispatched.route.name));
    router.register(
      pattern,
      METHODS,
      async (ctx, next: () => Promise<void>) => {
        if (hasDotSegment((ctx as PathToMatch).newRouterPath ?? ctx.path)) return next();
        counted?.begin(ctx.req, ctx.res, ctx.state.scope.startedAt);
        const captures = (ctx.captures ?? []).map(read);
        await dispatcher.dispatch(ctx, dispatched, routeParameters({ parameters }, captures));
      },
      { name: dispatched.route.name, pathAsRegExp: true },
    );
  }
  return router.routes() as Middleware<RequestState>;
}

/** What distribution calls the handler of a route; of extensions, which are named by their paths, there may be many. */
function handlerNameOf(route: string): string {
  return route.startsWith('/') ? 'extension' : route.replaceAll('-', '_');
}

/** Answers for every path that no route has. */
export const noSuchRoute: Middleware<RequestState> = (ctx) => {
  const path = String(ctx.path).slice(0, 512);
  throw new RegistryError('ROUTE_UNKNOWN', { path, reason: 'the API has no such path' });
};
