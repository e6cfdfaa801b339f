import { LRUCache } from 'lru-cache';
import type { Broadcast } from '../../../core/ports/broadcast.ts';
import { Semaphore } from '../htpasswd/semaphore.ts';
import type { AccessToken } from './access-token.ts';
import type { AccessTokenStore } from './access-token-store.ts';

const SUBJECT = 'personal-access-tokens';
/** How long a revoked token may stay valid in a process that no broadcast reaches. */
const KNOWN_FOR_MS = 60_000;
const MAX_KNOWN = 1000;
/** Reads of the storage at a time, and those that may wait: guesses must not keep it busy. */
const MAX_RUNNING = 8;
const MAX_WAITING = 100;

/** What is known of a token. */
interface Known {
  /** `undefined` if there is no such token. */
  readonly token: AccessToken | undefined;
}

/** What {@link KnownAccessTokens} reads and hears. */
export interface KnownAccessTokensDependencies {
  readonly store: AccessTokenStore;
  readonly broadcast: Broadcast;
}

/**
 * The tokens that were used in the last minute, or sought in vain, so that requests cost no call of the storage. A token that
 * is revoked is forgotten at once in every process that the broadcast reaches, and otherwise within a minute.
 */
export class KnownAccessTokens {
  readonly #store: AccessTokenStore;
  readonly #broadcast: Broadcast;
  readonly #known = new LRUCache<string, Known>({ max: MAX_KNOWN, ttl: KNOWN_FOR_MS });
  readonly #missing = new LRUCache<string, Known>({ max: MAX_KNOWN, ttl: KNOWN_FOR_MS });
  readonly #reading = new Map<string, Promise<Known>>();
  readonly #semaphore = new Semaphore({ maxRunning: MAX_RUNNING, maxWaiting: MAX_WAITING });

  constructor({ store, broadcast }: KnownAccessTokensDependencies) {
    this.#store = store;
    this.#broadcast = broadcast;
    broadcast.subscribe(
      SUBJECT,
      (key) => this.#forget(key),
      () => this.#forgetAll(),
    );
  }

  /**
   * The token as it was at most a minute ago. Concurrent calls for one token share a read.
   * @throws RegistryError `TOOMANYREQUESTS` when too many tokens are being read; DriverError while the storage fails
   */
  async find(user: string, id: string): Promise<AccessToken | undefined> {
    const key = keyOf(user, id);
    const known =
      this.#known.get(key) ?? this.#missing.get(key) ?? (await (this.#reading.get(key) ?? this.#read(user, id)));
    return known.token;
  }

  /** Makes every process within reach read the token again. */
  async changed(user: string, id: string): Promise<void> {
    const key = keyOf(user, id);
    this.#forget(key);
    await this.#broadcast.publish(SUBJECT, key);
  }

  #read(user: string, id: string): Promise<Known> {
    const key = keyOf(user, id);
    const reading: Promise<Known> = this.#semaphore
      .run(async () => ({ token: await this.#store.read(user, id) }))
      .then((known) => {
        // Otherwise the token has changed meanwhile.
        if (this.#reading.get(key) === reading)
          (known.token === undefined ? this.#missing : this.#known).set(key, known);
        return known;
      })
      .finally(() => {
        if (this.#reading.get(key) === reading) this.#reading.delete(key);
      });
    this.#reading.set(key, reading);
    return reading;
  }

  #forget(key: string): void {
    this.#reading.delete(key);
    this.#known.delete(key);
    this.#missing.delete(key);
  }

  #forgetAll(): void {
    this.#reading.clear();
    this.#known.clear();
    this.#missing.clear();
  }
}

/** No id has a space. */
function keyOf(user: string, id: string): string {
  return `${id} ${user}`;
}
