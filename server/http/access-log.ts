import type { Middleware } from 'koa';
import { finalStatus } from './final-status.ts';
import type { RequestState } from './request-scope.ts';

/** Logs one line for each request when its answer has been sent, or was cut off. The query is left out: it contains tokens. */
export const accessLog: Middleware<RequestState> = async (ctx, next) => {
  const { req, res } = ctx;
  const { scope } = ctx.state;
  res.once('close', () => {
    scope.log.info(
      {
        requestId: scope.requestId,
        method: req.method,
        path: ctx.path,
        status: finalStatus(res),
        durationMs: Math.round((performance.now() - scope.startedAt) * 1000) / 1000,
        remote: remoteAddress(ctx.get('X-Forwarded-For'), ctx.get('X-Real-Ip'), req.socket.remoteAddress),
        user: scope.user,
        userAgent: req.headers['user-agent'],
      },
      'request',
    );
  });
  await next();
};

function remoteAddress(forwardedFor: string, realIp: string, peer: string | undefined): string | undefined {
  return forwardedFor.split(',', 1)[0]?.trim() || realIp || peer;
}
