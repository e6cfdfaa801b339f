import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { decodePath, hasDotSegment, ROUTE_PATTERNS, routeParameters } from '../../core/api/route-pattern.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { RequestState } from '../http/request-scope.ts';
import type { HttpMetrics } from '../metrics/http-metrics.ts';
import type { RoutedExtension } from './extension-routes.ts';
import { type HandledRoute, handledRoute } from './handled-route.ts';
import { routeChain } from './route-chain.ts';
import type { RouteHandlers } from './route-context.ts';
import type { HandlingDependencies } from './steps/handle.ts';
import type { RouteState } from './steps/route-step.ts';

/** What routes are composed from. */
export interface RouterDependencies extends HandlingDependencies {
  readonly audit: AuditLog;
  /** Counts the requests; absent without metrics. */
  readonly metrics: HttpMetrics | undefined;
}

/** What brings requests to the chains of their routes. */
export interface Routing {
  /** To be used in this order. */
  readonly middleware: readonly Middleware<RequestState>[];
  /** Whether a path, as it was sent, belongs to a route. */
  readonly isRoute: (path: string) => boolean;
}

/** The path that @koa/router matches instead of `ctx.path`, where it is set. */
interface PathToMatch {
  newRouterPath?: string;
}

/** A route, the pattern of its paths, and the names of its parameters. */
interface RoutedEntry {
  readonly handled: HandledRoute;
  readonly pattern: RegExp;
  readonly parameters: readonly string[];
}

/**
 * Registers every route in a router. Extensions come first: the pattern of a tags list would match
 * `/v2/_ext/x/tags/list` too, though no repository can have the name `_ext/x`. The paths of extensions are matched as
 * they were sent and their parameters are decoded one by one, so that an extension can receive an escaped slash. The
 * paths of the API are decoded as a whole before they are matched, as in distribution.
 */
export function createRouting(
  handlers: RouteHandlers,
  extensions: readonly RoutedExtension[],
  dependencies: RouterDependencies,
): Routing {
  const start = `^${dependencies.settings.urls.prefix.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  const prefixed = (entry: RoutedEntry): RoutedEntry => ({
    ...entry,
    pattern: new RegExp(entry.pattern.source.replace('^', () => start)),
  });
  const foreign = extensions.map(prefixed);
  const own = ROUTE_PATTERNS.map(({ route, ...entry }) =>
    prefixed({ ...entry, handled: handledRoute(route, handlers[route.name]) }),
  );
  const matches = (entries: readonly RoutedEntry[], path: string): boolean =>
    !hasDotSegment(path) && entries.some(({ pattern }) => pattern.test(path));
  return {
    middleware: [
      ...(foreign.length > 0 ? [routerOf(foreign, dependencies, decodePath)] : []),
      (ctx, next) => {
        // For a target such as `http://`, Koa's path is null, in spite of its type.
        (ctx as PathToMatch).newRouterPath = decodePath(String(ctx.path));
        return next();
      },
      routerOf(own, dependencies, (parameter) => parameter),
    ],
    isRoute: (path) => path === '/' || matches(foreign, path) || matches(own, decodePath(path)),
  };
}

function routerOf(
  entries: readonly RoutedEntry[],
  { metrics, ...dependencies }: RouterDependencies,
  read: (parameter: string) => string,
): Middleware<RequestState> {
  // A route takes every method, so that its chain can say which ones there are.
  const router = new Router<RouteState>({ methods: METHODS });
  for (const { handled, pattern, parameters } of entries) {
    const { name } = handled.route;
    const chain = routeChain(handled, { ...dependencies, metrics: metrics?.of(handlerNameOf(name)) });
    router.register(
      pattern,
      METHODS,
      (ctx) => {
        ctx.state.parameters = routeParameters({ parameters }, (ctx.captures ?? []).map(read));
        return chain(ctx);
      },
      { name, pathAsRegExp: true },
    );
  }
  const route = router.routes() as Middleware<RequestState>;
  return async (ctx, next) => {
    if (hasDotSegment((ctx as PathToMatch).newRouterPath ?? ctx.path)) await next();
    else await route(ctx, next);
  };
}

/** The name that distribution gives the handler of a route; one name for all extensions, so that labels stay few. */
function handlerNameOf(route: string): string {
  return route.startsWith('/') ? 'extension' : route.replaceAll('-', '_');
}
