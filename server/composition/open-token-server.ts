import type { AccessController } from '../../core/ports/access-controller.ts';
import type { ExtensionRoute } from '../../core/ports/route-extension.ts';
import type { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
import type { Identity } from '../../plugins/auth/credentials/identity.ts';
import { EmbeddedTokens } from '../../plugins/auth/embedded/embedded-tokens.ts';
import { RefreshTokens } from '../../plugins/auth/embedded/refresh-tokens.ts';
import { tokenEndpoint } from '../../plugins/auth/embedded/token-endpoint.ts';
import { TokenIssuingAccess } from '../../plugins/auth/embedded/token-issuing-access.ts';
import type { Scope } from '../../plugins/auth/scope.ts';
import { grantedScopes, limitedScopes } from '../../plugins/authorization/granted-scopes.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';
import { openSigningKeys, type SigningKeysDependencies } from './open-signing-keys.ts';
import { reportRefusedLogIn } from './report-refused-log-in.ts';

const DEFAULT_SERVICE = 'stowage';

/** What the embedded token server consists of. */
export interface OpenedTokenServer {
  /** Accepts its tokens as well as passwords. */
  readonly controller: AccessController;
  readonly routes: readonly ExtensionRoute[];
}

/** What the token server is opened with. */
export interface TokenServerDependencies extends SigningKeysDependencies {
  /** Authenticates users by their credentials. */
  readonly controller: CredentialAccess;
}

/**
 * The embedded token server. It issues tokens while its keys are good enough and, unless the configuration turns it on, a rule
 * is for anonymous clients.
 * @throws ConfigurationError when a key file cannot be used
 */
export async function openTokenServer(
  loaded: Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>,
  { controller, settings, driver, log }: TokenServerDependencies,
): Promise<OpenedTokenServer> {
  const now = Date.now;
  const { tokenServer } = loaded.configuration;
  const keys = await openSigningKeys(loaded, { settings, driver, log });
  const isWanted = (): boolean => tokenServer.isEnabled ?? settings.policy?.hasAnonymous === true;
  const problem = keys.problem();
  if (problem !== undefined && isWanted()) log.warn({ key: 'http.secret' }, `no tokens are issued: ${problem}`);
  const offersTokens = (): boolean => isWanted() && keys.problem() === undefined;
  const service = settings.urls.host?.host ?? DEFAULT_SERVICE;
  const { source, areLasting } = keys;
  const tokens = new EmbeddedTokens({ service, keys: source, lifeMs: tokenServer.expiryMs, now });
  const refreshTokens = new RefreshTokens({ service, keys: source, areLasting, now });
  const routes = tokenEndpoint({
    ...{ controller, tokens, refreshTokens, offersTokens },
    grant: (identity, scopes, address) => granted({ identity, scopes, address, nowMs: now() }, settings),
    reportFailure: reportRefusedLogIn(log),
  });
  return { controller: new TokenIssuingAccess({ controller, tokens, offersTokens }), routes };
}

interface AskedScopes {
  readonly identity: Identity | undefined;
  readonly scopes: readonly Scope[];
  readonly address: string | undefined;
  readonly nowMs: number;
}

/** Without a policy, users may do everything that their credentials allow, and anonymous clients nothing. */
function granted({ identity, scopes, address, nowMs }: AskedScopes, { policy }: HttpSettings): readonly Scope[] {
  const limit = identity?.limit;
  if (policy === undefined) return identity === undefined ? [] : limitedScopes(scopes, limit);
  const { name: user, groups = [] } = identity?.actor ?? {};
  return grantedScopes(policy, { user, groups, address, nowMs, limit }, scopes);
}
