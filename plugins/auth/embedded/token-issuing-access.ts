import { UnauthorizedError } from '../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import { formatScopes, scopesOf } from '../scope.ts';
import { TokenError } from '../token/token-error.ts';
import { actorOf } from '../token/token-verifier.ts';
import type { EmbeddedTokens } from './embedded-tokens.ts';

/** Where clients get tokens, on the host by which they have come. */
export const TOKEN_MOUNT = '/auth';
const TOKEN_PATH = `${TOKEN_MOUNT}/token`;

/** What {@link TokenIssuingAccess} works with. */
export interface TokenIssuingDependencies {
  /** Knows the users by their passwords. */
  readonly controller: AccessController;
  readonly tokens: EmbeddedTokens;
  /** Whether clients without credentials are sent for a token now. Where they are not, passwords are asked for. */
  readonly offersTokens: () => boolean;
  /** What comes before the path in URLs (`http.prefix`); empty, or with a `/` at its beginning only. */
  readonly prefix: () => string;
}

/**
 * Takes the tokens of the embedded token server as well as passwords. A client without credentials is sent there, and gets a
 * token for what anonymous clients may do: docker pulls without a log-in only in this way.
 */
export class TokenIssuingAccess implements AccessController {
  readonly #dependencies: TokenIssuingDependencies;

  constructor(dependencies: TokenIssuingDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws UnauthorizedError and others like the controller; also for a token that is not valid or allows too little */
  async authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const { controller, tokens, offersTokens } = this.#dependencies;
    const token = bearerTokenOf(request.authorization);
    if (token === undefined || !offersTokens()) return this.#byPassword(controller, request, accesses);
    try {
      const verified = await tokens.verify(token);
      const { access } = verified;
      if (accesses.every((needed) => access.allows(needed))) {
        return { actor: actorOf(verified), allows: (wanted) => access.allows(wanted) };
      }
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause;
      const reason = 'the token is not valid';
      throw this.#challenge(request, accesses, { reason, error: 'invalid_token', cause });
    }
    throw this.#challenge(request, accesses, { reason: 'the token does not allow this', error: 'insufficient_scope' });
  }

  async #byPassword(controller: AccessController, request: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    try {
      return await controller.authorize(request, accesses);
    } catch (error) {
      const isBasic = error instanceof UnauthorizedError && /^Basic /.test(error.challenge);
      if (!isBasic || !this.#dependencies.offersTokens()) throw error;
      throw this.#challenge(request, accesses, {
        reason: request.authorization === undefined ? 'no Authorization header' : 'the credentials are not valid',
        cause: error.cause ?? error,
      });
    }
  }

  #challenge(
    { origin = '' }: AccessRequest,
    accesses: readonly Access[],
    { reason, error, cause }: { readonly reason: string; readonly error?: string; readonly cause?: unknown },
  ): UnauthorizedError {
    const { tokens, prefix } = this.#dependencies;
    const scope = formatScopes(scopesOf(accesses));
    const parameters = {
      realm: `${origin}${prefix()}${TOKEN_PATH}`,
      service: tokens.service,
      ...(scope && { scope }),
      ...(error !== undefined && { error }),
    };
    return new UnauthorizedError(formatChallenge('Bearer', parameters), { reason, ...(scope && { scope }) }, { cause });
  }
}
