import type { AccessController } from '../../core/ports/access-controller.ts';
import type { Logger } from '../../core/ports/logger.ts';
import type { RouteExtension } from '../../core/ports/route-extension.ts';
import { CredentialAccess } from '../../plugins/auth/credentials/credential-access.ts';
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
  { authorization, redis }: Pick<Configuration, 'authorization' | 'redis'>,
  log: Logger,
): Promise<OpenedAccess> {
  const withPolicy = (controller: AccessController): AccessController =>
    new PolicyAccess({ controller, policy: () => settings.policy, now: Date.now });
  // Tokens replace credentials only where these grant everything: the rights of another controller may depend on the request.
  if (authorization === undefined || !(access instanceof CredentialAccess)) {
    return { controller: withPolicy(access), extensions: [] };
  }
  // Most registries need none of it.
  const { openTokenServer } = await import('./open-token-server.ts');
  const { controller, endpoint } = openTokenServer(access, settings, { isShared: redis !== undefined, log });
  return { controller: withPolicy(controller), extensions: [endpoint] };
}
