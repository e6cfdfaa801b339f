import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Identity } from './identity.ts';

const REMEMBERED_FOR_MS = 60_000;
const MAX_IDENTITIES = 1000;
/** An identity may be remembered so much longer; a finer clock would set a timer for each millisecond. */
const RESOLUTION_MS = 1000;

/**
 * What the credentials of the last minute have proved, so that the many requests of a push or a pull cost one
 * verification. It holds a SHA-256 of each `Authorization` header behind a secret of this process, so no credentials can
 * be recovered from it. (An HMAC took 12 µs instead of 1, and protects only digests that an attacker can see.)
 */
export class RememberedIdentities {
  readonly #secret = randomBytes(32).toString('latin1');
  readonly #now: () => number;
  readonly #identities = new LRUCache<string, Identity>({
    max: MAX_IDENTITIES,
    ttl: REMEMBERED_FOR_MS,
    ttlResolution: RESOLUTION_MS,
  });
  readonly #running = new Map<string, Promise<Identity>>();

  /** @param now the time in milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** What a header has proved; `undefined` unless it was remembered in the last minute and its credentials have not ended. */
  get(authorization: string): Identity | undefined {
    const identity = this.#identities.get(this.#keyOf(authorization));
    return identity === undefined || this.#hasEnded(identity) ? undefined : identity;
  }

  /** Verifies a header and remembers what it proves. Requests with the same header at the same time share one verification. */
  verified(authorization: string, verify: () => Promise<Identity>): Promise<Identity> {
    const key = this.#keyOf(authorization);
    return this.#running.get(key) ?? this.#begin(key, verify);
  }

  #begin(key: string, verify: () => Promise<Identity>): Promise<Identity> {
    const running = verify()
      .then((identity) => {
        this.#identities.set(key, identity);
        return identity;
      })
      .finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  #hasEnded({ expiresAtMs }: Identity): boolean {
    return expiresAtMs !== undefined && expiresAtMs <= this.#now();
  }

  #keyOf(authorization: string): string {
    return hash('sha256', this.#secret + authorization, 'base64url');
  }
}
