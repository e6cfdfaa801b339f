import type { AccessController } from '../../core/ports/access-controller.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
import { PolicyAccess } from '../../plugins/authorization/policy-access.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import type { SigningKeysDependencies } from './open-signing-keys.ts';

/** How clients get in. */
export interface OpenedAccess {
  readonly controller: AccessController;
  /** The routes of the embedded token server, where there is one. */
  readonly extensions: readonly RouteExtension[];
}

/** What access is opened with. */
export interface AccessDependencies extends SigningKeysDependencies {
  /** The configured access controllers. */
  readonly access: readonly [AccessController, ...AccessController[]];
}

/**
 * Puts the policy in front of the configured access controller, and the embedded token server between them where the
 * configuration has one.
 * @throws ConfigurationError when a key of the token server cannot be used
 */
export async function openAccess(
  loaded: Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>,
  { access: controllers, ...dependencies }: AccessDependencies,
): Promise<OpenedAccess> {
  const access = together(controllers);
  const { settings } = dependencies;
  const { authorization, tokenServer } = loaded.configuration;
  const withPolicy = (controller: AccessController): AccessController =>
    new PolicyAccess({ controller, policy: () => settings.policy, now: Date.now });
  const mayIssueTokens = tokenServer.isEnabled ?? authorization !== undefined;
  // Tokens replace credentials only where these grant everything: the rights of another controller may depend on the request.
  if (!mayIssueTokens || !(access instanceof CredentialAccess)) {
    return { controller: withPolicy(access), extensions: [] };
  }
  // Most registries need none of it.
  const { openTokenServer } = await import('./open-token-server.ts');
  const { controller, endpoint } = await openTokenServer(loaded, { controller: access, ...dependencies });
  return { controller: withPolicy(controller), extensions: [endpoint] };
}

/** Several stand together only where each verifies credentials; the realm is that of the last, which asks for passwords. */
function together(controllers: AccessDependencies['access']): AccessController {
  const [first, ...others] = controllers;
  if (others.length === 0) return first;
  const each = controllers.filter((controller) => controller instanceof CredentialAccess);
  const realm = each.at(-1)?.options.realm;
  if (realm === undefined || each.length < controllers.length) {
    throw new Error('access controllers stand together that verify no credentials');
  }
  return new CredentialAccess({ realm, verifiers: each.flatMap(({ options }) => options.verifiers) });
}
