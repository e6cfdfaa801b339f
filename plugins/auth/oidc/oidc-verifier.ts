import { decodeJwt } from 'jose';
import { RegistryError } from '../../../core/model/errors.ts';
import {
  CredentialsError,
  type CredentialVerifier,
  type PresentedCredentials,
} from '../credentials/credential-verifier.ts';
import type { CurrentCredential, Identity } from '../credentials/identity.ts';
import { KeysUnavailableError } from '../token/remote-keys.ts';
import { TokenError } from '../token/token-error.ts';
import type { OidcIssuer } from './oidc-issuer.ts';

/** A longer token fits in no header. */
const MAX_TOKEN_LENGTH = 64 * 1024;
/** Three parts in base64url (RFC 7515, section 7.1), of which the first is that of a JSON object. */
const COMPACT = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/;
const MAX_SHOWN_ISSUER = 200;

/** Verifies tokens of OpenID Connect, which stand for a password: the user name beside them does not count. */
export class OidcVerifier implements CredentialVerifier {
  readonly kind = 'oidc';
  readonly #issuers: ReadonlyMap<string, OidcIssuer>;

  /** @param issuers none twice */
  constructor(issuers: readonly OidcIssuer[]) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  /** bcrypt takes at most 72 bytes, so that no password is taken for a token. */
  recognises({ secret }: PresentedCredentials): boolean {
    return secret.length <= MAX_TOKEN_LENGTH && COMPACT.test(Buffer.from(secret).toString('latin1'));
  }

  /**
   * @throws CredentialsError when the token is of no configured issuer, not valid, or not for this registry
   * @throws RegistryError `UNAVAILABLE` while the keys of its issuer cannot be fetched
   */
  async verify({ secret }: PresentedCredentials): Promise<Identity> {
    const token = Buffer.from(secret).toString('latin1');
    try {
      return await this.#issuerOf(token).verify(token);
    } catch (cause) {
      if (cause instanceof TokenError)
        throw new CredentialsError(`the token is not valid: ${cause.message}`, { cause });
      if (cause instanceof KeysUnavailableError) {
        throw new RegistryError('UNAVAILABLE', { reason: 'the keys for tokens cannot be fetched; the log says why' });
      }
      throw cause;
    }
  }

  /** A credential is valid while its issuer has the same settings. Tokens of issuers cannot be revoked one by one. */
  async current(_user: string, credential: string): Promise<CurrentCredential | undefined> {
    return [...this.#issuers.values()].some(({ id }) => id === credential) ? {} : undefined;
  }

  /**
   * Whether the name is one of this issuer, whose users may have personal access tokens. It belongs to the issuer with the
   * longest prefix; whether the provider still knows the user cannot be asked.
   */
  async hasUser(user: string, issuer?: string): Promise<boolean> {
    const owners = [...this.#issuers.values()].filter(({ prefix }) => user.startsWith(prefix));
    const longest = Math.max(...owners.map(({ prefix }) => prefix.length));
    return owners.some(({ prefix, usersId, personalTokens }) => {
      return prefix.length === longest && usersId === issuer && personalTokens;
    });
  }

  /** The claim is not verified yet: it only chooses who verifies the token. */
  #issuerOf(token: string): OidcIssuer {
    let iss: unknown;
    try {
      ({ iss } = decodeJwt(token));
    } catch (cause) {
      throw new TokenError('it cannot be read', { cause });
    }
    const issuer = typeof iss === 'string' ? this.#issuers.get(iss) : undefined;
    if (issuer !== undefined) return issuer;
    const shown = typeof iss === 'string' ? JSON.stringify(iss.slice(0, MAX_SHOWN_ISSUER)) : 'missing';
    throw new TokenError(`its issuer is ${shown}, which auth.oidc.issuers does not have`);
  }
}
