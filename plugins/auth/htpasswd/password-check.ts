import { createHmac, randomBytes } from 'node:crypto';
import { verify } from '@node-rs/bcrypt';
import { LRUCache } from 'lru-cache';
import { Gate } from './semaphore.ts';

/** How passwords are checked; every field has a default. */
export interface PasswordCheckOptions {
  /** Whether `password` is the one of `hash`: bcrypt. */
  readonly verify?: (password: Uint8Array, hash: string) => Promise<boolean>;
  /** Checks at a time. Each takes one of node's four threads for files, so that two leave half of them. */
  readonly maxRunning?: number;
  /** Checks that wait. At cost 10 this is about two seconds' work for two threads. */
  readonly maxWaiting?: number;
}

const REMEMBERED_FOR_MS = 60_000;
const REMEMBERED_PASSWORDS = 1000;

/**
 * Checks passwords against bcrypt hashes, and remembers for a minute those that were right, so that the many
 * requests of one push cost one check. What is remembered is a hash of both, keyed by a secret of this process:
 * it gives no password away, and a hash that changes in the file is simply not remembered.
 *
 * bcrypt runs in native threads (@node-rs/bcrypt): with bcryptjs the event loop stood still for 100 ms at
 * cost 12, and for 400 ms with four logins at once; here for 2 ms and 7 ms.
 */
export class PasswordCheck {
  readonly #verify: (password: Uint8Array, hash: string) => Promise<boolean>;
  readonly #gate: Gate;
  readonly #secret = randomBytes(32);
  readonly #right = new LRUCache<string, true>({ max: REMEMBERED_PASSWORDS, ttl: REMEMBERED_FOR_MS });
  readonly #running = new Map<string, Promise<boolean>>();

  constructor(options: PasswordCheckOptions = {}) {
    this.#verify = options.verify ?? ((password, hash) => verify(password, hash));
    this.#gate = new Gate({ maxRunning: options.maxRunning ?? 2, maxWaiting: options.maxWaiting ?? 100 });
  }

  /**
   * Whether `password` is the one of `hash`. Equal questions that are asked at the same time are one check.
   * @throws RegistryError `TOOMANYREQUESTS` when too many checks wait already
   */
  matches(password: Uint8Array, hash: string): Promise<boolean> {
    const key = createHmac('sha256', this.#secret).update(hash).update('\n').update(password).digest('base64');
    if (this.#right.has(key)) return Promise.resolve(true);
    return this.#running.get(key) ?? this.#begin(key, password, hash);
  }

  #begin(key: string, password: Uint8Array, hash: string): Promise<boolean> {
    const running = this.#gate
      .run(() => this.#verify(password, hash))
      .then((right) => {
        if (right) this.#right.set(key, true);
        return right;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }
}
