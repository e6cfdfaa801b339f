import type { AccessController } from '../../core/ports/access-controller.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { parseBasicCredentials } from '../../plugins/auth/basic-credentials.ts';
import { EmbeddedTokens } from '../../plugins/auth/embedded/embedded-tokens.ts';
import { tokenEndpoint } from '../../plugins/auth/embedded/token-endpoint.ts';
import { TokenIssuingAccess } from '../../plugins/auth/embedded/token-issuing-access.ts';
import { HtpasswdAccess } from '../../plugins/auth/htpasswd/htpasswd-access.ts';
import { grantedScopes } from '../../plugins/authorization/granted-scopes.ts';
import { PolicyAccess } from '../../plugins/authorization/policy-access.ts';
import type { Configuration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';

const DEFAULT_SERVICE = 'stowage';
const MIN_SECRET_LENGTH = 32;
/** No registry has longer user names; those of attackers may be. */
const MAX_USER_LENGTH = 128;

/** How clients get in. */
export interface OpenedAccess {
  readonly controller: AccessController;
  /** The routes of the embedded token server, where there is one. */
  readonly extensions: readonly RouteExtension[];
}

/**
 * Puts the policy in front of the configured access controller, and the embedded token server between them where the
 * registry was started with a policy and passwords. A reload changes `settings`, and both with them.
 */
export function openAccess(
  access: AccessController,
  settings: HttpSettings,
  { authorization, http, redis }: Pick<Configuration, 'authorization' | 'http' | 'redis'>,
  log: Logger,
): OpenedAccess {
  const policy = (): HttpSettings['policy'] => settings.policy;
  const now = Date.now;
  const plain = { controller: new PolicyAccess({ controller: access, policy, now }), extensions: [] };
  // Tokens replace passwords only where these grant everything: the rights of another controller may depend on the request.
  if (!(access instanceof HtpasswdAccess) || authorization === undefined) return plain;
  const problem = problemWithSecrets(http.secrets, redis !== undefined);
  if (problem !== undefined) {
    if (settings.policy?.offersTokens === true)
      log.warn({ key: 'authorization.tokens' }, `no tokens are issued: ${problem}`);
    return plain;
  }
  const offersTokens = (): boolean => settings.policy?.offersTokens === true;
  const service = settings.urls.host?.host ?? DEFAULT_SERVICE;
  const tokens = new EmbeddedTokens({ service, secrets: () => settings.secrets, now });
  const issuing = new TokenIssuingAccess({ controller: access, tokens, offersTokens });
  const endpoint = tokenEndpoint({
    ...{ controller: access, tokens, offersTokens },
    grant: (actor, scopes, address) => {
      const subject = { user: actor?.name, groups: actor?.groups ?? [], address, nowMs: now() };
      return settings.policy === undefined ? [] : grantedScopes(settings.policy, subject, scopes);
    },
    reportFailure: (credentials, error, { requestId, address }) => {
      const user = parseBasicCredentials(credentials)?.user.slice(0, MAX_USER_LENGTH);
      log.warn({ requestId, user, remote: address, reason: error.detail?.['reason'] }, 'log-in failed');
    },
  });
  return { controller: new PolicyAccess({ controller: issuing, policy, now }), extensions: [endpoint] };
}

/** The keys of tokens come from the secrets: who finds a secret out can be any user. */
function problemWithSecrets(secrets: readonly string[], isShared: boolean): string | undefined {
  if (secrets.length === 0 && isShared) return 'instances that share a storage need one http.secret for them';
  const isShort = secrets.some((secret) => secret.length < MIN_SECRET_LENGTH);
  return isShort
    ? `http.secret must have at least ${MIN_SECRET_LENGTH} characters for them (openssl rand -hex 32)`
    : undefined;
}
