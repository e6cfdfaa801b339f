import { type Refusal, RegistryError, UnauthorizedError } from '../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import { formatScopes, scopesOf } from '../scope.ts';
import { KeysUnavailableError } from './remote-keys.ts';
import { TokenError } from './token-error.ts';
import { actorOf, type TokenVerifier, type VerifiedToken } from './token-verifier.ts';

/** Where clients are sent for tokens. */
export interface TokenAccessOptions {
  readonly service: string;
  /** The URL of the token server; `undefined` to send clients to a path of the host that they used. */
  readonly realm: string | undefined;
  /** That path. */
  readonly redirectPath: string;
}

interface WhyRefused {
  readonly reason: string;
  readonly error?: 'invalid_token' | 'insufficient_scope';
  readonly cause?: Error;
  /** Of a client whose token is valid. */
  readonly refusal?: Refusal;
}

/**
 * Grants what the token of a request allows (distribution, "Docker Registry v2 authentication"). A rejection tells the
 * client where to get a token and for which scopes. The reason for rejecting a token is the cause of the error, for the
 * log: it may name keys.
 */
export class TokenAccess implements AccessController {
  readonly needsAuthorization = true;
  readonly #verifier: TokenVerifier;
  readonly #options: TokenAccessOptions;

  constructor(verifier: TokenVerifier, options: TokenAccessOptions) {
    this.#verifier = verifier;
    this.#options = options;
  }

  /**
   * @throws UnauthorizedError when the token is missing, is not valid, or does not allow all of `accesses`
   * @throws RegistryError `UNAVAILABLE` while the keys of the token server cannot be fetched
   */
  async authorize(request: TokenRequest, accesses: readonly Access[]): Promise<Grant> {
    const { authorization } = request;
    const token = bearerTokenOf(authorization);
    if (token === undefined) {
      const reason =
        authorization === undefined || authorization === ''
          ? 'no Authorization header'
          : 'the Authorization header holds no bearer token';
      throw this.#refusal(request, accesses, { reason });
    }
    const verified = await this.#verify(token, request, accesses);
    const { access } = verified;
    const isNobody = request.needsUser === true && actorOf(verified) === undefined;
    if (isNobody || !accesses.every((needed) => access.allows(needed))) {
      throw this.#refusal(request, accesses, {
        ...{ reason: 'the token does not allow this', error: 'insufficient_scope' },
        refusal: { actor: actorOf(verified) },
      });
    }
    return {
      actor: actorOf(verified),
      allows: (wanted) => access.allows(wanted),
    };
  }

  async #verify(token: string, request: TokenRequest, accesses: readonly Access[]): Promise<VerifiedToken> {
    try {
      return await this.#verifier.verify(token);
    } catch (cause) {
      if (cause instanceof TokenError) {
        throw this.#refusal(request, accesses, { reason: 'the token is not valid', error: 'invalid_token', cause });
      }
      if (cause instanceof KeysUnavailableError) {
        throw new RegistryError('UNAVAILABLE', { reason: 'the keys for tokens cannot be fetched; the log says why' });
      }
      throw cause;
    }
  }

  #refusal(
    request: TokenRequest,
    accesses: readonly Access[],
    { reason, error, ...why }: WhyRefused,
  ): UnauthorizedError {
    const { service } = this.#options;
    const scope = formatScopes(scopesOf(accesses));
    const parameters = { realm: this.#realm(request), service, ...(scope && { scope }), ...(error && { error }) };
    return new UnauthorizedError(formatChallenge('Bearer', parameters), { reason, ...(scope && { scope }) }, why);
  }

  #realm({ origin = '' }: TokenRequest): string {
    return this.#options.realm ?? `${origin}${this.#options.redirectPath}`;
  }
}

type TokenRequest = Pick<AccessRequest, 'authorization' | 'origin' | 'needsUser'>;
