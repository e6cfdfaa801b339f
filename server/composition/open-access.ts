import type { AccessController } from '../../core/ports/access-controller.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { EmbeddedTokens } from '../../plugins/auth/embedded/embedded-tokens.ts';
import { tokenEndpoint } from '../../plugins/auth/embedded/token-endpoint.ts';
import { TokenIssuingAccess } from '../../plugins/auth/embedded/token-issuing-access.ts';
import { grantedScopes } from '../../plugins/authorization/granted-scopes.ts';
import { PolicyAccess } from '../../plugins/authorization/policy-access.ts';
import type { Configuration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';

/** Kinds of access control that ask for no password, so that no token can be given for one. */
const WITHOUT_PASSWORDS: ReadonlySet<string> = new Set(['none', 'silly', 'token']);
const DEFAULT_SERVICE = 'stowage';

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
  { auth, authorization }: Pick<Configuration, 'auth' | 'authorization'>,
): OpenedAccess {
  const policy = (): HttpSettings['policy'] => settings.policy;
  const now = Date.now;
  if (auth === undefined || authorization === undefined || WITHOUT_PASSWORDS.has(auth.name)) {
    return { controller: new PolicyAccess({ controller: access, policy, now }), extensions: [] };
  }
  const offersTokens = (): boolean => settings.policy?.offersTokens === true;
  const service = settings.urls.host?.host ?? DEFAULT_SERVICE;
  const tokens = new EmbeddedTokens({ service, secrets: () => settings.secrets, now });
  const prefix = (): string => settings.urls.prefix;
  const issuing = new TokenIssuingAccess({ controller: access, tokens, offersTokens, prefix });
  const endpoint = tokenEndpoint({
    ...{ controller: access, tokens, offersTokens },
    grant: (actor, scopes, address) => {
      const subject = { user: actor?.name, groups: actor?.groups ?? [], address, nowMs: now() };
      return settings.policy === undefined ? scopes : grantedScopes(settings.policy, subject, scopes);
    },
  });
  return { controller: new PolicyAccess({ controller: issuing, policy, now }), extensions: [endpoint] };
}
