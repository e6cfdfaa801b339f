import type { Middleware } from 'koa';
import { clientAddress } from './client-address.ts';
import { finalStatus } from './final-status.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Context, RequestState } from './request-scope.ts';

/** Logs one line for each request when its answer has been sent, or was cut off. The query is left out: it contains tokens. */
export function accessLog(settings: Pick<HttpSettings, 'trustedProxies'>): Middleware<RequestState> {
  return async (ctx, next) => {
    const { req, res } = ctx;
    const { scope } = ctx.state;
    const remote = remoteAddress(ctx, settings);
    res.once('close', () => {
      scope.log.info(
        {
          requestId: scope.requestId,
          method: req.method,
          path: ctx.path,
          status: finalStatus(res),
          durationMs: Math.round((performance.now() - scope.startedAt) * 1000) / 1000,
          remote,
          user: scope.user,
          userAgent: req.headers['user-agent'],
        },
        'request',
      );
    });
    await next();
  };
}

/** The address that access controllers see; without trusted proxies what the headers claim, as in distribution. */
function remoteAddress(
  { req, state }: Context,
  { trustedProxies }: Pick<HttpSettings, 'trustedProxies'>,
): string | undefined {
  const { headers } = req;
  const { peer } = state.scope;
  if (trustedProxies !== undefined) return clientAddress({ headers, peer }, trustedProxies) ?? peer;
  const [first = ''] = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',', 1);
  return first.trim() || [headers['x-real-ip'] ?? []].flat()[0] || peer;
}
