import { clientAddress } from './client-address.ts';
import type { HttpSettings } from './http-settings.ts';
import type { Context } from './request-scope.ts';

/**
 * The address of the client for the log: the one that access controllers see, or without trusted proxies what the headers
 * claim, as in distribution.
 */
export function remoteAddress(
  { req, state }: Context,
  { trustedProxies }: Pick<HttpSettings, 'trustedProxies'>,
): string | undefined {
  const { headers } = req;
  const { peer } = state.scope;
  if (trustedProxies !== undefined) return clientAddress({ headers, peer }, trustedProxies) ?? peer;
  const [first = ''] = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',', 1);
  const claimed = first.trim() || [headers['x-real-ip'] ?? []].flat()[0];
  return claimed || (clientAddress({ headers, peer }, undefined) ?? peer);
}
