import { createHash } from 'node:crypto';
import {
  CredentialsError,
  type CredentialVerifier,
  type PresentedCredentials,
} from '../credentials/credential-verifier.ts';
import type { CurrentCredential, Identity } from '../credentials/identity.ts';
import { costOf, dummyHash } from './parse-htpasswd.ts';
import type { PasswordCheck } from './password-check.ts';
import type { PasswordSource } from './password-source.ts';

/** Characters of a hash of a hash with a random salt. */
const ID_LENGTH = 16;

/** Verifies the passwords of the users in a password file. */
export class HtpasswdVerifier implements CredentialVerifier {
  readonly kind = 'htpasswd';
  readonly #source: PasswordSource;
  readonly #check: PasswordCheck;

  constructor(source: PasswordSource, check: PasswordCheck) {
    this.#source = source;
    this.#check = check;
  }

  /** Anything can be a password. */
  recognises({ user }: PresentedCredentials): boolean {
    return user !== undefined;
  }

  /**
   * Rejecting a user and a password always takes as long as the costliest hash of the file, whether or not the user
   * exists.
   * @throws CredentialsError when there is no such user, or the password is wrong
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used; `TOOMANYREQUESTS` during too many logins
   */
  async verify({ user = '', secret }: PresentedCredentials): Promise<Identity> {
    const { hashes, highestCost } = await this.#source.current();
    const hash = hashes.get(user);
    const cost = hash === undefined ? highestCost : costOf(hash);
    const matches = await this.#check.matches(secret, hash ?? dummyHash(cost));
    // bcrypt repeats a password with a zero byte in between, so `a` and `a\0a` have the same hash.
    if (hash !== undefined && matches && !secret.includes(0)) {
      return { actor: { name: user }, credential: idOf(hash) };
    }
    await this.#spend(secret, { cost, highestCost });
    throw new CredentialsError(hash === undefined ? 'the password file has no such user' : 'wrong password');
  }

  /**
   * A credential is valid while the user has the same password.
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used
   */
  async current(user: string, credential: string): Promise<CurrentCredential | undefined> {
    const hash = (await this.#source.current()).hashes.get(user);
    return hash !== undefined && idOf(hash) === credential ? {} : undefined;
  }

  /** Equalises the time of a check of `cost` with one of `highestCost`: 2^c + 2^c + 2^(c+1) + … = 2^highest. */
  async #spend(password: Uint8Array, { cost, highestCost }: { readonly cost: number; readonly highestCost: number }) {
    for (let next = cost; next < highestCost; next++) await this.#check.matches(password, dummyHash(next));
  }
}

/** Identifies a password, without revealing anything of it. */
function idOf(hash: string): string {
  return createHash('sha256').update(hash).digest('base64url').slice(0, ID_LENGTH);
}
