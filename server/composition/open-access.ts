import type { AccessController } from '../../core/ports/access-controller.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
import { TOKEN_MOUNT } from '../../plugins/auth/embedded/token-mount.ts';
import { PolicyAccess } from '../../plugins/authorization/policy-access.ts';
import type { LoadedConfiguration } from '../config/index.ts';
import type { PersonalTokensDependencies } from './open-personal-tokens.ts';
import type { SigningKeysDependencies } from './open-signing-keys.ts';

/** How clients get in. */
export interface OpenedAccess {
  readonly controller: AccessController;
  /** The routes of the embedded token server, where there is one. */
  readonly extensions: readonly RouteExtension[];
}

/** What access is opened with. */
export interface AccessDependencies extends SigningKeysDependencies, PersonalTokensDependencies {
  /** The configured access controllers. */
  readonly access: readonly [AccessController, ...AccessController[]];
  /** Releases what is opened. */
  readonly stack: AsyncDisposableStack;
}

/**
 * Puts the policy in front of the configured access controller, and personal access tokens and the embedded token server between
 * them where the configuration has them.
 * @throws ConfigurationError when a key of the token server cannot be used
 */
export async function openAccess(
  loaded: Pick<LoadedConfiguration, 'configuration' | 'baseFolder' | 'locate'>,
  { access: controllers, stack, ...dependencies }: AccessDependencies,
): Promise<OpenedAccess> {
  const access = together(controllers);
  const { settings } = dependencies;
  const { authorization, tokenServer } = loaded.configuration;
  const withPolicy = (controller: AccessController): AccessController =>
    new PolicyAccess({ controller, policy: () => settings.policy, now: Date.now });
  // Tokens replace credentials only where these grant everything: the rights of another controller may depend on the request.
  if (!(access instanceof CredentialAccess) || tokenServer.isEnabled === false) {
    return { controller: withPolicy(access), extensions: [] };
  }
  // Registries without users need none of it.
  const { openPersonalTokens } = await import('./open-personal-tokens.ts');
  const { controller, routes } = openPersonalTokens(access, dependencies, stack);
  if ((tokenServer.isEnabled ?? authorization !== undefined) === false) {
    return { controller: withPolicy(controller), extensions: [{ name: 'auth', mount: TOKEN_MOUNT, routes }] };
  }
  const { openTokenServer } = await import('./open-token-server.ts');
  const server = await openTokenServer(loaded, { controller, ...dependencies });
  return {
    controller: withPolicy(server.controller),
    extensions: [{ name: 'auth', mount: TOKEN_MOUNT, routes: [...server.routes, ...routes] }],
  };
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
