import { timingSafeEqual } from 'node:crypto';
import {
  CredentialsError,
  type CredentialVerifier,
  type PresentedCredentials,
} from '../credentials/credential-verifier.ts';
import type { CurrentCredential, Identity } from '../credentials/identity.ts';
import { type AccessToken, isLive, limitOf } from './access-token.ts';
import type { KnownAccessTokens } from './known-access-tokens.ts';
import { parseToken, TOKEN_PREFIX } from './token-format.ts';
import type { TokenUses } from './token-uses.ts';

/** The kind of credentials that personal access tokens are. */
export const TOKEN_KIND = 'pat';

const PREFIX = Buffer.from(TOKEN_PREFIX);

/** What {@link AccessTokenVerifier} works with. */
export interface AccessTokenVerifierDependencies {
  readonly tokens: KnownAccessTokens;
  readonly uses: TokenUses;
  /** The verifiers of the credentials by which users log in. */
  readonly origins: readonly CredentialVerifier[];
  /** The time in milliseconds since 1970. */
  readonly now: () => number;
}

/** Verifies personal access tokens, which stand in the place of a password. */
export class AccessTokenVerifier implements CredentialVerifier {
  readonly kind = TOKEN_KIND;
  readonly #dependencies: AccessTokenVerifierDependencies;
  /** The limits of tokens, which are compiled once. */
  readonly #limits = new WeakMap<AccessToken, CurrentCredential>();

  constructor(dependencies: AccessTokenVerifierDependencies) {
    this.#dependencies = dependencies;
  }

  recognises({ user, secret }: PresentedCredentials): boolean {
    return (
      user !== undefined && secret.byteLength >= PREFIX.byteLength && PREFIX.compare(secret, 0, PREFIX.length) === 0
    );
  }

  /**
   * The storage is asked for every well-formed token, whether or not its user exists: the time would otherwise show who does.
   * @throws CredentialsError when the token is malformed, unknown, expired or of another user, and when its user was removed
   */
  async verify({ user = '', secret }: PresentedCredentials): Promise<Identity> {
    const { tokens, uses, now } = this.#dependencies;
    const given = parseToken(secret);
    if (given === undefined) throw new CredentialsError('the personal access token is malformed');
    const token = await tokens.find(user, given.id);
    if (token === undefined || !timingSafeEqual(Buffer.from(token.hash, 'hex'), given.hash)) {
      throw new CredentialsError('the user has no such personal access token');
    }
    if (!isLive(token, now())) throw new CredentialsError(`the personal access token ${token.id} has expired`);
    if (!(await this.#isUser(token))) throw new CredentialsError('the user of the personal access token was removed');
    uses.note(user, token.id);
    const actor = { name: token.user, ...(token.groups && { groups: token.groups }) };
    return { actor, credential: token.id, ...this.#limitOf(token) };
  }

  /** A token is valid until it expires or is revoked, its user is removed, or nobody vouches for the user any more. */
  async current(user: string, credential: string): Promise<CurrentCredential | undefined> {
    const { tokens, uses, now } = this.#dependencies;
    const token = await tokens.find(user, credential);
    if (token === undefined || !isLive(token, now()) || !(await this.#isUser(token))) return undefined;
    uses.note(user, token.id);
    return this.#limitOf(token);
  }

  async #isUser({ origin, user, issuer }: AccessToken): Promise<boolean> {
    const verifier = this.#dependencies.origins.find(({ kind }) => kind === origin);
    return (await verifier?.hasUser?.(user, issuer)) === true;
  }

  #limitOf(token: AccessToken): CurrentCredential {
    const known = this.#limits.get(token);
    if (known !== undefined) return known;
    const limit = limitOf(token);
    const made = limit === undefined ? {} : { limit };
    this.#limits.set(token, made);
    return made;
  }
}
