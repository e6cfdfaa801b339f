import type { Lock } from '../../../core/ports/locks.ts';
import { luaScript } from './lua-script.ts';
import type { RedisConnection } from './redis-connection.ts';

/** Renews the lock; takes it again when it is gone because Redis was emptied. Returns 0 when another process has it. */
const RENEW = luaScript(`
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`);

/** Releases the lock, unless another process has it by now. */
const RELEASE = luaScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1`);

/** A lock that was acquired. */
export interface HeldLock {
  readonly key: string;
  /** The value of its key while no other process has it. */
  readonly value: string;
  readonly fence: number;
  /** When it was requested, by the monotonic clock. */
  readonly askedAt: number;
  readonly ttlMs: number;
  readonly renewMs: number;
}

/** How long before its end a lock counts as lost, in milliseconds: clocks run at different speeds. */
const MARGIN_MS = 100;

/**
 * A lock in Redis. It is lost when another process has it, or when this process was delayed for so long that another
 * one may have it. It is kept while Redis is unavailable, because then no process can take it.
 */
export class RedisLock implements Lock {
  /** Larger than the fence of every earlier holder of the same lock, unless Redis's clock is set back. */
  readonly fence: number;
  readonly #redis: RedisConnection;
  readonly #lock: HeldLock;
  readonly #ended: () => void;
  readonly #lost = new AbortController();
  readonly #renewing = new Set<Promise<void>>();
  #renewal: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #isOver = false;

  /** @param ended called once, when the lock is released or lost */
  constructor(redis: RedisConnection, lock: HeldLock, ended: () => void) {
    this.#ended = ended;
    this.fence = lock.fence;
    this.#redis = redis;
    this.#lock = lock;
    this.#keptSince(lock.askedAt);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Asks Redis now whether the lock is still held; it does so by itself every few seconds. */
  async renew(): Promise<void> {
    if (this.#isOver) return;
    clearTimeout(this.#renewal);
    const renewing = this.#askAgain();
    this.#renewing.add(renewing);
    await renewing;
    this.#renewing.delete(renewing);
  }

  /**
   * Resolves when others can take the lock. While Redis is unavailable it resolves at once, and the lock expires by
   * itself.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isOver) return;
    this.#end();
    // A renewal that reached Redis after the release would take the lock again without a holder.
    await Promise.all(this.#renewing);
    const { key, value } = this.#lock;
    await this.#redis.insist(RELEASE, { keys: [key], args: [value] }).catch(() => undefined);
  }

  /** Never rejects. A failure is not retried, because a new connection asks again. */
  async #askAgain(): Promise<void> {
    const { key, value, ttlMs } = this.#lock;
    const askedAt = performance.now();
    try {
      const answer = await this.#redis.run(RENEW, { keys: [key], args: [value, ttlMs] });
      if (answer === 1) this.#keptSince(askedAt);
      else this.#lose('another process has it');
    } catch {
      // While Redis is unavailable, no other process can take the lock either.
      if (this.#redis.isUp) this.#renewLater();
      else this.#keptSince(performance.now());
    }
  }

  #keptSince(time: number): void {
    if (this.#isOver) return;
    const leftMs = time + this.#lock.ttlMs - MARGIN_MS - performance.now();
    if (leftMs <= 0) {
      this.#lose('this process was delayed for longer than the lock lasts');
      return;
    }
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => this.#expire(), leftMs).unref();
    this.#renewLater();
  }

  #renewLater(): void {
    if (this.#isOver) return;
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => void this.renew(), this.#lock.renewMs).unref();
  }

  #expire(): void {
    if (this.#redis.isUp) this.#lose('it could not be renewed in time');
    else this.#keptSince(performance.now());
  }

  #lose(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#lost.abort(new Error(`the lock was lost: ${reason}`));
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#deadline);
    this.#ended();
  }
}
