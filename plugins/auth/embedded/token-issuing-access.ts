import { type Refusal, UnauthorizedError } from '../../../core/model/errors.ts';
import type { Access, AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import type { Actor } from '../../../core/registry/call-context.ts';
import { bearerTokenOf } from '../bearer-token.ts';
import { formatChallenge } from '../challenge.ts';
import type { CredentialAccess } from '../credentials/credential-access.ts';
import type { CurrentCredential } from '../credentials/identity.ts';
import { formatScopes, scopesOf } from '../scope.ts';
import { TokenError } from '../token/token-error.ts';
import { actorOf, type VerifiedToken } from '../token/token-verifier.ts';
import type { EmbeddedTokens } from './embedded-tokens.ts';
import { TOKEN_MOUNT } from './token-mount.ts';

const TOKEN_PATH = `${TOKEN_MOUNT}/token`;
const CATALOG: Access = { type: 'registry', name: 'catalog', action: '*' };

/** The dependencies of {@link TokenIssuingAccess}. */
export interface TokenIssuingDependencies {
  /** Authenticates users by their credentials. */
  readonly controller: CredentialAccess;
  readonly tokens: EmbeddedTokens;
  /** Whether clients without credentials are currently sent to the token server; otherwise they are asked for a password. */
  readonly offersTokens: () => boolean;
}

/**
 * Accepts the tokens of the embedded token server as well as credentials. A client without credentials is sent to that server,
 * and gets a token for what anonymous clients may do: docker cannot pull without a log-in in any other way.
 */
export class TokenIssuingAccess implements AccessController {
  readonly needsAuthorization = true;
  readonly #dependencies: TokenIssuingDependencies;

  constructor(dependencies: TokenIssuingDependencies) {
    this.#dependencies = dependencies;
  }

  /** @throws what the controller throws, and UnauthorizedError for a token that is not valid or does not allow the request */
  async authorize(request: AccessRequest, accesses: readonly Access[]): Promise<Grant> {
    const { controller, tokens, offersTokens } = this.#dependencies;
    const token = bearerTokenOf(request.authorization);
    if (token === undefined || !offersTokens()) return this.#byCredentials(controller, request, accesses);
    let actor: Actor | undefined;
    try {
      const verified = await tokens.verify(token);
      actor = actorOf(verified);
      const { access } = verified;
      const { limit } = await this.#credentialOf(verified);
      const allows = (wanted: Access): boolean => access.allows(wanted) && limit?.allows(wanted) !== false;
      if (accesses.every(allows) && (actor !== undefined || request.needsUser !== true)) {
        const mayList = (name: string): boolean =>
          (access.allows(CATALOG) || access.allows({ type: 'repository', name, action: 'pull' })) &&
          limit?.mayList(name) !== false;
        return { actor, ...limit, allows, mayList };
      }
    } catch (cause) {
      if (!(cause instanceof TokenError)) throw cause;
      // Tokens of other issuers are credentials.
      if (!tokens.names(token) && controller.recognises(request)) {
        return this.#byCredentials(controller, request, accesses);
      }
      const reason = 'the token is not valid';
      throw this.#challenge(request, accesses, { reason, error: 'invalid_token', cause });
    }
    throw this.#challenge(request, accesses, {
      ...{ reason: 'the token does not allow this', error: 'insufficient_scope' },
      refusal: { actor },
    });
  }

  /** A token does not outlive its user, nor the credentials by which it was obtained. */
  async #credentialOf({ subject, credential }: VerifiedToken): Promise<CurrentCredential> {
    if (subject === '') return {};
    const current =
      credential === undefined ? undefined : await this.#dependencies.controller.current(subject, credential);
    if (current === undefined) throw new TokenError('its user was removed, or has another password by now');
    return current;
  }

  async #byCredentials(
    controller: AccessController,
    request: AccessRequest,
    accesses: readonly Access[],
  ): Promise<Grant> {
    try {
      return await controller.authorize(request, accesses);
    } catch (error) {
      const isBasic = error instanceof UnauthorizedError && /^Basic /.test(error.challenge);
      if (!isBasic || !this.#dependencies.offersTokens()) throw error;
      throw this.#challenge(request, accesses, {
        reason: request.authorization === undefined ? 'no Authorization header' : 'the credentials are not valid',
        ...(bearerTokenOf(request.authorization) !== undefined && { error: 'invalid_token' }),
        cause: error.cause ?? error,
      });
    }
  }

  #challenge(
    { root = '' }: AccessRequest,
    accesses: readonly Access[],
    {
      reason,
      error,
      ...why
    }: { readonly reason: string; readonly error?: string; readonly cause?: unknown; readonly refusal?: Refusal },
  ): UnauthorizedError {
    const { tokens } = this.#dependencies;
    const scope = formatScopes(scopesOf(accesses));
    const parameters = {
      realm: `${root}${TOKEN_PATH}`,
      service: tokens.service,
      ...(scope && { scope }),
      ...(error !== undefined && { error }),
    };
    return new UnauthorizedError(formatChallenge('Bearer', parameters), { reason, ...(scope && { scope }) }, why);
  }
}
