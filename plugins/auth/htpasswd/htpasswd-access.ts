import { createHash } from 'node:crypto';
import { UnauthorizedError } from '../../../core/model/errors.ts';
import type { AccessController, AccessRequest, Grant } from '../../../core/ports/access-controller.ts';
import { parseBasicCredentials } from '../basic-credentials.ts';
import { formatChallenge } from '../challenge.ts';
import { costOf, dummyHash } from './parse-htpasswd.ts';
import type { PasswordCheck } from './password-check.ts';
import type { PasswordSource } from './password-source.ts';

/** Characters of a hash of a hash with a random salt. */
const ID_LENGTH = 16;

/** Grants every access to the users in a password file, and none to anybody else. */
export class HtpasswdAccess implements AccessController {
  readonly #source: PasswordSource;
  readonly #check: PasswordCheck;
  readonly #challenge: string;

  constructor(realm: string, source: PasswordSource, check: PasswordCheck) {
    this.#source = source;
    this.#check = check;
    this.#challenge = formatChallenge('Basic', { realm });
  }

  /**
   * Rejecting a user and a password always takes as long as the costliest hash of the file, whether or not the user
   * exists.
   * @throws UnauthorizedError when the credentials are missing, malformed or wrong
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used; `TOOMANYREQUESTS` during too many logins
   */
  async authorize({ authorization = '' }: Pick<AccessRequest, 'authorization'>): Promise<Grant> {
    const credentials = parseBasicCredentials(authorization);
    if (credentials === undefined) {
      throw this.#refusal(authorization === '' ? 'no Authorization header' : 'the Authorization header is not Basic');
    }
    const { user, password } = credentials;
    const { hashes, highestCost } = await this.#source.current();
    const hash = hashes.get(user);
    const cost = hash === undefined ? highestCost : costOf(hash);
    const matches = await this.#check.matches(password, hash ?? dummyHash(cost));
    // bcrypt repeats a password with a zero byte in between, so `a` and `a\0a` have the same hash.
    if (hash !== undefined && matches && !password.includes(0)) return { actor: { name: user } };
    await this.#spend(password, { cost, highestCost });
    const cause = new Error(hash === undefined ? 'the password file has no such user' : 'wrong password');
    throw this.#refusal('wrong user name or password', cause);
  }

  /**
   * Identifies the present password of a user, without revealing anything of it; `undefined` for a user who cannot log in.
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used
   */
  async credentialOf(user: string): Promise<string | undefined> {
    const hash = (await this.#source.current()).hashes.get(user);
    return hash === undefined ? undefined : createHash('sha256').update(hash).digest('base64url').slice(0, ID_LENGTH);
  }

  /** Equalises the time of a check of `cost` with one of `highestCost`: 2^c + 2^c + 2^(c+1) + … = 2^highest. */
  async #spend(password: Uint8Array, { cost, highestCost }: { readonly cost: number; readonly highestCost: number }) {
    for (let next = cost; next < highestCost; next++) await this.#check.matches(password, dummyHash(next));
  }

  #refusal(reason: string, cause?: Error): UnauthorizedError {
    return new UnauthorizedError(this.#challenge, { reason }, cause && { cause });
  }
}
