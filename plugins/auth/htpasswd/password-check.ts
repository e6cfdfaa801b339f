import { hash as digest, randomBytes } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import { Semaphore } from './semaphore.ts';

/** How a {@link PasswordCheck} works; every field has a default. */
export interface PasswordCheckOptions {
  /** Whether `password` matches `hash`; default bcrypt. */
  readonly verify?: (password: Uint8Array, hash: string) => Promise<boolean>;
  /** Concurrent checks, default 2. Each occupies one of the threads that Node also uses for files. */
  readonly maxRunning?: number;
  /** Checks that may wait, default 100. At cost 10 they are about two seconds of work for two threads. */
  readonly maxWaiting?: number;
}

/**
 * Checks passwords against bcrypt hashes.
 *
 * bcrypt runs in native threads (@node-rs/bcrypt). bcryptjs blocked the event loop for 100 ms at cost 12, and for 400
 * ms with four concurrent logins; native threads block it for 2 ms and 7 ms.
 */
export class PasswordCheck {
  readonly #verify: (password: Uint8Array, hash: string) => Promise<boolean>;
  readonly #semaphore: Semaphore;
  readonly #secret = randomBytes(32);
  /** By a digest behind the secret, so that no password stays in memory. */
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(options: PasswordCheckOptions = {}) {
    this.#verify = options.verify ?? ((password, hash) => verify(password, hash));
    this.#semaphore = new Semaphore({ maxRunning: options.maxRunning ?? 2, maxWaiting: options.maxWaiting ?? 100 });
  }

  /**
   * Whether `password` matches `hash`. Concurrent calls with the same password and hash share one check.
   * @param others hashes that no password has, which a wrong password is checked against as well, for the sake of the time
   * @throws RegistryError `TOOMANYREQUESTS` when too many checks are waiting
   */
  matches(password: Uint8Array, hash: string, others: readonly string[] = []): Promise<boolean> {
    const key = digest('sha256', Buffer.concat([this.#secret, Buffer.from(`${hash}\n`), password]), 'base64');
    return this.#running.get(key) ?? this.#begin(key, password, [hash, ...others]);
  }

  #begin(key: string, password: Uint8Array, hashes: readonly string[]): Promise<boolean> {
    // In one turn: the number of turns would show during many log-ins how costly a hash is, and so who has one.
    const running = this.#semaphore
      .run(async () => {
        for (const hash of hashes) if (await this.#verify(password, hash)) return true;
        return false;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
