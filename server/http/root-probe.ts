import type { Middleware } from 'koa';
import type { RequestState } from './request-scope.ts';
import { sendEmpty } from './responses.ts';

/**
 * Answers load balancers that ask for `/`, and `OPTIONS *`, as distribution does: without authorization and without
 * storage.
 */
export const rootProbe: Middleware<RequestState> = async (ctx, next) => {
  const isForServer = ctx.path === '*' && ctx.method === 'OPTIONS';
  if (ctx.path !== '/' && !isForServer) {
    await next();
    return;
  }
  ctx.set('Cache-Control', 'no-cache');
  sendEmpty(ctx, 200);
  ctx.length = 0;
};
