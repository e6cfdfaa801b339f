import { setTimeout as delay } from 'node:timers/promises';
import { KeyedMutex } from '../../../core/async/concurrency.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { Lock, Locks } from '../../../core/ports/locks.ts';

/** How long a change waits for one in another process, in milliseconds. */
const MAX_WAIT_MS = 30_000;
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 200;

/** A turn that has come. */
export interface Turn {
  /** @throws RegistryError `UNAVAILABLE` when somebody else may have the turn now, because a lock could not be kept */
  checkHeld(): void;
}

/** Lets changes that share a key run one after the other, in all processes that the locks reach. */
export class Turns {
  readonly #locks: Locks;
  readonly #maxWaitMs: number;
  /** So that only one change of this process at a time asks for a lock. */
  readonly #here = new KeyedMutex();

  constructor(locks: Locks, maxWaitMs = MAX_WAIT_MS) {
    this.#locks = locks;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Runs `action` when no other one has any of the keys.
   * @param keys in an order that all callers share, or two of them could wait for each other
   * @throws RegistryError `UNAVAILABLE` when another process keeps a key for too long
   */
  run<Result>(keys: readonly string[], action: (turn: Turn) => Promise<Result>): Promise<Result> {
    return this.#take(keys, [], action);
  }

  async #take<Result>(
    [key, ...others]: readonly string[],
    held: readonly Lock[],
    action: (turn: Turn) => Promise<Result>,
  ): Promise<Result> {
    if (key === undefined) return action({ checkHeld: () => checkHeld(held) });
    return this.#here.run(key, async () => {
      await using lock = await this.#acquire(key);
      // Awaited here: the lock is held until the action has ended.
      return await this.#take(others, [...held, lock], action);
    });
  }

  async #acquire(key: string): Promise<Lock> {
    const givesUpAt = performance.now() + this.#maxWaitMs;
    for (let pauseMs = MIN_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      const lock = await this.#locks.tryAcquire(key);
      if (lock !== undefined) return lock;
      if (performance.now() > givesUpAt) throw unavailable('another request has been changing this for too long');
      await delay(pauseMs);
    }
  }
}

function checkHeld(locks: readonly Lock[]): void {
  if (locks.some(({ lost }) => lost?.aborted)) throw unavailable('a lock could not be kept; try again');
}

function unavailable(reason: string): RegistryError {
  return new RegistryError('UNAVAILABLE', { reason });
}
