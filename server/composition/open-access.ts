import type { AccessController } from '../../core/ports/access-controller.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import type { PasswordAccess } from '../../plugins/auth/embedded/token-issuing-access.ts';
import { PolicyAccess } from '../../plugins/authorization/policy-access.ts';
import type { Configuration } from '../config/index.ts';
import type { HttpSettings } from '../http/http-settings.ts';

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
export async function openAccess(
  access: AccessController,
  settings: HttpSettings,
  { auth, authorization, redis }: Pick<Configuration, 'auth' | 'authorization' | 'redis'>,
  log: Logger,
): Promise<OpenedAccess> {
  const withPolicy = (controller: AccessController): AccessController =>
    new PolicyAccess({ controller, policy: () => settings.policy, now: Date.now });
  if (auth?.name !== 'htpasswd' || authorization === undefined || !isPasswordAccess(access)) {
    return { controller: withPolicy(access), extensions: [] };
  }
  // Most registries need none of it.
  const { openTokenServer } = await import('./open-token-server.ts');
  const { controller, endpoint } = openTokenServer(access, settings, { isShared: redis !== undefined, log });
  return { controller: withPolicy(controller), extensions: [endpoint] };
}

/** Tokens replace passwords only where these grant everything: the rights of another controller may depend on the request. */
function isPasswordAccess(access: AccessController): access is PasswordAccess {
  return 'credentialOf' in access;
}
