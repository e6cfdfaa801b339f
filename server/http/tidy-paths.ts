import type { Middleware } from 'koa';
import type { RequestState } from './request-scope.ts';
import { sendEmpty } from './responses.ts';

/** The longest URL that is redirected, in characters: common clients and proxies accept a header of this length. */
const MAX_LENGTH = 8 * 1024;

/**
 * Redirects a path with doubled slashes, or with one too many at its end, to the route of the path without them, as
 * distribution does. GET and HEAD get 301, as there; clients would repeat other methods as GET, so these get 308.
 * @param isRoute whether a path, as it was sent, belongs to a route
 */
export function tidyPaths(isRoute: (path: string) => boolean): Middleware<RequestState> {
  return (ctx, next) => {
    const path = ctx.path as string | null;
    const target = path === null || ctx.url.length > MAX_LENGTH ? undefined : tidied(path, isRoute);
    if (target === undefined) return next();
    ctx.set('Location', target + ctx.search);
    sendEmpty(ctx, ctx.method === 'GET' || ctx.method === 'HEAD' ? 301 : 308);
    ctx.length = 0;
    return undefined;
  };
}

/** The tidy form of `path`; `undefined` when it is tidy, or has no route. Never starts with `//`, which is a host. */
function tidied(path: string, isRoute: (path: string) => boolean): string | undefined {
  if (!path.endsWith('/') && !path.includes('//')) return undefined;
  const single = path.replaceAll(/\/{2,}/g, '/');
  if (isRoute(single)) return single === path ? undefined : single;
  const withoutEnd = single.endsWith('/') ? single.slice(0, -1) : single;
  return isRoute(withoutEnd) ? withoutEnd : undefined;
}
