import { hash as digest } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import {
  CredentialsError,
  type CredentialVerifier,
  type PresentedCredentials,
} from '../credentials/credential-verifier.ts';
import type { CurrentCredential, Identity } from '../credentials/identity.ts';
import { costOf, dummyHash, type PasswordList } from './parse-htpasswd.ts';
import type { PasswordCheck } from './password-check.ts';
import type { PasswordSource } from './password-source.ts';

/** Characters of a hash of a hash with a random salt. */
const ID_LENGTH = 16;
/** Users whose ids are kept, about 200 bytes each. */
const MAX_IDS = 1000;

/** Verifies the passwords of the users in a password file. */
export class HtpasswdVerifier implements CredentialVerifier {
  readonly kind = 'htpasswd';
  readonly #source: PasswordSource;
  readonly #check: PasswordCheck;
  /** The ids of hashes. */
  readonly #ids = new LRUCache<string, string>({ max: MAX_IDS, memoMethod: idOf });

  constructor(source: PasswordSource, check: PasswordCheck) {
    this.#source = source;
    this.#check = check;
  }

  /** Anything can be a password. */
  recognises({ user }: PresentedCredentials): boolean {
    return user !== undefined;
  }

  /**
   * Rejecting a user and a password always takes as long as the costliest hash of the file, and one turn of those in which
   * passwords are checked, whether or not the user exists. A change of the file is in effect at once.
   * @throws CredentialsError when there is no such user, or the password is wrong
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used; `TOOMANYREQUESTS` during too many logins
   */
  async verify({ user = '', secret }: PresentedCredentials): Promise<Identity> {
    const { hashes, highestCost } = await this.#source.latest();
    const hash = hashes.get(user);
    if (await this.#matches(secret, hash ?? dummyHash(highestCost, user), highestCost)) {
      if (hash !== undefined) return { actor: { name: user }, credential: this.#ids.memo(hash) };
    }
    throw new CredentialsError(hash === undefined ? 'the password file has no such user' : 'wrong password');
  }

  /**
   * A credential is valid while the user has the same password, and for a second after that.
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used
   */
  async current(user: string, credential: string): Promise<CurrentCredential | undefined> {
    const isIn = ({ hashes }: PasswordList): boolean => {
      const hash = hashes.get(user);
      return hash !== undefined && this.#ids.memo(hash) === credential;
    };
    return isIn(await this.#source.current()) || isIn(await this.#source.latest()) ? {} : undefined;
  }

  /** Whether the file has this user, at most a second ago. */
  async hasUser(user: string): Promise<boolean> {
    return (await this.#source.current()).hashes.has(user);
  }

  /**
   * A wrong password takes the time of a check of the highest cost: 2^c + 2^c + 2^(c+1) + … = 2^highest. bcrypt repeats a
   * password with a zero byte in between, so `a` and `a\0a` have the same hash.
   */
  async #matches(password: Uint8Array, hash: string, highestCost: number): Promise<boolean> {
    const others: string[] = [];
    for (let cost = costOf(hash); cost < highestCost; cost++) others.push(dummyHash(cost, ''));
    return (await this.#check.matches(password, hash, others)) && !password.includes(0);
  }
}

/** Identifies a password, without revealing anything of it. */
function idOf(hash: string): string {
  return digest('sha256', hash, 'base64url').slice(0, ID_LENGTH);
}
