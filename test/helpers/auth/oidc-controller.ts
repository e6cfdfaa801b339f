import type { ExecutionContext } from 'ava';
import { UnauthorizedError } from '../../../core/model/errors.ts';
import type { AccessController, Grant } from '../../../core/ports/access-controller.ts';
import { loadPlugin } from '../../../plugins/loading/load-plugin.ts';
import { requestWith } from '../plugins/access-request.ts';
import { AUDIENCE } from './real-provider.ts';

/** An access controller for tokens of OpenID Connect, and what it has written to the log. */
export interface OidcController {
  readonly controller: AccessController;
  readonly warnings: readonly string[];
  /** The grant for a token that is sent as a password. */
  readonly logIn: (token: string, user?: string) => Promise<Grant>;
  /** Why a token is refused, as the log has it. */
  readonly refusalOf: (t: ExecutionContext, token: string) => Promise<string>;
}

/** The controller for these issuers; each has the audience of the tests unless it says otherwise. */
export async function oidcController(issuers: readonly object[], baseFolder = '.'): Promise<OidcController> {
  const warnings: string[] = [];
  const { ports } = await loadPlugin({
    kind: 'access-controller',
    name: 'oidc',
    at: 'auth.oidc',
    baseFolder,
    options: { realm: 'here', issuers: issuers.map((issuer) => ({ audience: AUDIENCE, ...issuer })) },
    warn: (message) => void warnings.push(message),
  });
  const controller = ports['access-controller'];
  const logIn: OidcController['logIn'] = (token, user = 'oidc') =>
    controller.authorize(requestWith(basicWith(user, token)), []);
  const refusalOf: OidcController['refusalOf'] = async (t, token) => {
    const refusal = await t.throwsAsync(logIn(token), { instanceOf: UnauthorizedError });
    t.is(refusal.challenge, 'Basic realm="here"');
    t.deepEqual(refusal.detail, { reason: 'wrong user name or password' });
    return refusal.cause instanceof Error ? refusal.cause.message : '';
  };
  return { controller, warnings, logIn, refusalOf };
}

/** The header of a client that has a token as its password. */
export function basicWith(user: string, token: string): string {
  return `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`;
}
