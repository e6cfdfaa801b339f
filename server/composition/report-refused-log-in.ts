import type { Logger } from '../../core/ports/logger.ts';
import type { ExtensionRequest } from '../../core/ports/route-extension.ts';
import { parseBasicCredentials } from '../../plugins/auth/basic-credentials.ts';
import type { RefusedLogIn } from '../../plugins/auth/embedded/token-endpoint.ts';

/** No registry has longer user names; those of attackers may be. */
const MAX_USER_LENGTH = 128;

/** Logs who could not log in at one of the routes below `/auth`, and why, without secrets. */
export function reportRefusedLogIn(log: Logger): (refused: RefusedLogIn, request: ExtensionRequest) => void {
  return ({ authorization = '', reason }, { requestId, address }) => {
    const user = parseBasicCredentials(authorization)?.user.slice(0, MAX_USER_LENGTH);
    log.warn({ requestId, user, remote: address, reason }, 'log-in failed');
  };
}
