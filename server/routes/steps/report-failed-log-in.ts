import { RegistryError } from '../../../core/model/errors.ts';
import { parseBasicCredentials } from '../../../plugins/auth/basic-credentials.ts';
import { clientAddress } from '../../http/client-address.ts';
import type { HttpSettings } from '../../http/http-settings.ts';
import type { Context } from '../../http/request-scope.ts';

/** Longer than any real user name; attackers may send more. */
const MAX_USER_LENGTH = 128;

/**
 * Logs the user and the reason when credentials were refused. A request without credentials is not a log-in: clients
 * send one first. Passwords and tokens never reach the log.
 */
export function reportFailedLogIn(ctx: Context, error: unknown, settings: Pick<HttpSettings, 'trustedProxies'>): void {
  const { headers } = ctx.req;
  const { authorization = '' } = headers;
  if (authorization === '' || !RegistryError.is(error, 'UNAUTHORIZED')) return;
  const { ids, log, peer } = ctx.state.scope;
  const user = parseBasicCredentials(authorization)?.user.slice(0, MAX_USER_LENGTH);
  const reason = error.cause instanceof Error ? error.cause.message : error.detail?.['reason'];
  // Not what a header claims: an attacker who guesses passwords could have others blocked.
  const remote = clientAddress({ headers, peer }, settings.trustedProxies);
  // Tokens expire routinely; clients then fetch new ones.
  log[user === undefined ? 'info' : 'warn'](
    { ...ids, user, remote, reason },
    user === undefined ? 'credentials were refused' : 'log-in failed',
  );
}
