import { UnauthorizedError } from '../../../core/errors.ts';
import type { AccessController, AccessRequest, Grant } from '../../../core/ports.ts';
import { formatChallenge } from '../challenge.ts';
import { parseBasicCredentials } from './basic-credentials.ts';
import type { PasswordCheck } from './password-check.ts';
import type { PasswordSource } from './password-source.ts';

/** Lets every user of a password file do everything, and nobody else anything. */
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
   * A user that is not in the file costs as much time as one with the costliest hash that is.
   * @throws UnauthorizedError without credentials, with malformed or with wrong ones
   * @throws RegistryError `UNAVAILABLE` while the file cannot be used; `TOOMANYREQUESTS` under too many logins
   */
  async authorize({ authorization = '' }: AccessRequest): Promise<Grant> {
    const credentials = parseBasicCredentials(authorization);
    if (credentials === undefined) {
      throw this.#refusal(authorization === '' ? 'no Authorization header' : 'the Authorization header is not Basic');
    }
    const { user, password } = credentials;
    const { hashes, dummyHash } = await this.#source.current();
    const hash = hashes.get(user);
    const matches = await this.#check.matches(password, hash ?? dummyHash);
    if (hash === undefined || !matches) throw this.#refusal('wrong user name or password');
    return { user };
  }

  #refusal(reason: string): UnauthorizedError {
    return new UnauthorizedError(this.#challenge, { reason });
  }
}
