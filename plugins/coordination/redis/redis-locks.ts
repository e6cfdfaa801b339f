import { randomUUID } from 'node:crypto';
import type { Locks } from '../../../core/ports/locks.ts';
import { luaScript } from './lua-script.ts';
import type { RedisConnection } from './redis-connection.ts';
import { RedisError } from './redis-error.ts';
import { RedisLock } from './redis-lock.ts';

/**
 * How long a fencing number is stored, in milliseconds; a later one starts from Redis's clock and is therefore larger.
 */
const FENCE_KEPT_MS = 60_000;

/** Takes the lock unless another process has it, and returns its fencing number. */
const TAKE = luaScript(`
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1] + 1) ~= ARGV[1] .. '/' then return false end
local fence = redis.call('INCR', KEYS[2])
if fence == 1 then
  local time = redis.call('TIME')
  fence = string.format('%.0f', time[1] * 1000000 + time[2])
  redis.call('SET', KEYS[2], fence)
else
  fence = string.format('%.0f', fence)
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('SET', KEYS[1], ARGV[1] .. '/' .. fence, 'PX', ARGV[2])
return fence`);

/** How long a lock outlives the process that holds it, in milliseconds. */
export interface LockTimes {
  readonly ttlMs: number;
  /** Milliseconds between two renewals; several fit into `ttlMs`. */
  readonly renewMs: number;
}

const TIMES: LockTimes = { ttlMs: 10_000, renewMs: 2_500 };

/**
 * Locks that exclude other processes on the same Redis, but not other callers in this process: acquire a lock of this
 * process first. They are renewed while they are held, and expire ten seconds after their holder has died.
 */
export class RedisLocks implements Locks {
  readonly #redis: RedisConnection;
  readonly #times: LockTimes;
  /** The value that this process writes into its locks; random, so that it is unique. */
  readonly #owner = randomUUID();
  readonly #acquired = new Set<RedisLock>();

  constructor(redis: RedisConnection, times: LockTimes = TIMES) {
    this.#redis = redis;
    this.#times = times;
    redis.onUp(() => {
      for (const lock of this.#acquired) void lock.renew();
    });
  }

  /** @throws RedisError when Redis fails */
  async tryAcquire(key: string): Promise<RedisLock | undefined> {
    const name = `stowage:lock:{${key}}`;
    const askedAt = performance.now();
    // When this process took the lock before and only the answer was lost, the script takes it again.
    const fence = await this.#redis.insist(TAKE, {
      keys: [name, `${name}:fence`],
      args: [this.#owner, this.#times.ttlMs, FENCE_KEPT_MS],
    });
    if (fence === null) return undefined;
    if (typeof fence !== 'string') throw new RedisError('foreign', 'Redis did not answer with the fence of a lock');
    const held = { key: name, value: `${this.#owner}/${fence}`, fence: Number(fence), askedAt, ...this.#times };
    const lock = new RedisLock(this.#redis, held, () => this.#acquired.delete(lock));
    this.#acquired.add(lock);
    return lock;
  }
}
