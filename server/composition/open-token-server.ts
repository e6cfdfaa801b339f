import type { AccessController } from '../../core/ports/access-controller.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { parseBasicCredentials } from '../../plugins/auth/basic-credentials.ts';
import type { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
import { EmbeddedTokens } from '../../plugins/auth/embedded/embedded-tokens.ts';
import { tokenEndpoint } from '../../plugins/auth/embedded/token-endpoint.ts';
import { TokenIssuingAccess } from '../../plugins/auth/embedded/token-issuing-access.ts';
import { grantedScopes } from '../../plugins/authorization/granted-scopes.ts';
import type { HttpSettings } from '../http/http-settings.ts';

const DEFAULT_SERVICE = 'stowage';
const MIN_SECRET_LENGTH = 32;
/** No registry has longer user names; those of attackers may be. */
const MAX_USER_LENGTH = 128;

/** What the embedded token server consists of. */
export interface OpenedTokenServer {
  /** Accepts its tokens as well as passwords. */
  readonly controller: AccessController;
  readonly endpoint: RouteExtension;
}

/**
 * The embedded token server. It issues tokens while a rule is for anonymous clients and the secrets are good enough.
 * @param options.isShared whether other instances must accept its tokens
 */
export function openTokenServer(
  controller: CredentialAccess,
  settings: HttpSettings,
  { isShared, log }: { readonly isShared: boolean; readonly log: Logger },
): OpenedTokenServer {
  const now = Date.now;
  const isWanted = (): boolean => settings.policy?.offersTokens === true;
  const problem = problemWithSecrets(settings.secrets, isShared);
  if (problem !== undefined && isWanted()) log.warn({ key: 'http.secret' }, `no tokens are issued: ${problem}`);
  const offersTokens = (): boolean => isWanted() && problemWithSecrets(settings.secrets, isShared) === undefined;
  const service = settings.urls.host?.host ?? DEFAULT_SERVICE;
  const tokens = new EmbeddedTokens({ service, secrets: () => settings.secrets, now });
  const endpoint = tokenEndpoint({
    ...{ controller, tokens, offersTokens },
    grant: (identity, scopes, address) => {
      const { name: user, groups = [] } = identity?.actor ?? {};
      const subject = { user, groups, address, nowMs: now(), limit: identity?.limit };
      return settings.policy === undefined ? [] : grantedScopes(settings.policy, subject, scopes);
    },
    reportFailure: (credentials, error, { requestId, address }) => {
      const user = parseBasicCredentials(credentials)?.user.slice(0, MAX_USER_LENGTH);
      log.warn({ requestId, user, remote: address, reason: error.detail?.['reason'] }, 'log-in failed');
    },
  });
  return { controller: new TokenIssuingAccess({ controller, tokens, offersTokens }), endpoint };
}

/** The keys of tokens come from the secrets: who finds a secret out can be any user. */
function problemWithSecrets(secrets: readonly string[], isShared: boolean): string | undefined {
  if (secrets.length === 0 && isShared) return 'instances that share a storage need one http.secret for them';
  if (secrets.every((secret) => secret.length >= MIN_SECRET_LENGTH)) return undefined;
  return `http.secret must have at least ${MIN_SECRET_LENGTH} characters for them (openssl rand -hex 32)`;
}
