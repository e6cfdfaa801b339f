import type { Middleware } from 'koa';
import { finalStatus } from '../final-status.ts';
import type { HttpSettings } from '../http-settings.ts';
import { remoteAddress } from '../remote-address.ts';
import type { Context, RequestState } from '../request-scope.ts';
import type { WriteRequest } from './ended-request.ts';

/**
 * Records each request when its response has been sent, or was cut off. Queries are left out: they contain upload tokens.
 */
export function accessLog(
  settings: Pick<HttpSettings, 'trustedProxies'>,
  write: WriteRequest,
): Middleware<RequestState> {
  return async (ctx, next) => {
    const { req, res, path } = ctx;
    const { scope } = ctx.state;
    const remote = remoteAddress(ctx, settings);
    const sentBefore = req.socket.bytesWritten;
    res.once('close', () => {
      write({
        request: req,
        response: res,
        scope,
        path,
        remote,
        status: finalStatus(res),
        durationMs: Math.round((performance.now() - scope.startedAt) * 1000) / 1000,
        bytes: bodyBytes(ctx, sentBefore),
      });
    });
    await next();
  };
}

/** The stated length of a response that was sent completely; otherwise what was handed to the connection, head included. */
function bodyBytes({ req, res, method }: Context, sentBefore: number): number {
  const stated = Number(res.getHeader('content-length'));
  const hasNoBody = method === 'HEAD' || res.statusCode === 204 || res.statusCode === 304;
  if (hasNoBody) return 0;
  return res.writableFinished && Number.isFinite(stated) ? stated : Math.max(0, req.socket.bytesWritten - sentBefore);
}
