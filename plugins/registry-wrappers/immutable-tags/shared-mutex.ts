import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyedMutex } from '../../../core/async/concurrency.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { Lock, Locks } from '../../../core/ports/locks.ts';

/** How long a change waits for others, in this process and in others, in milliseconds. */
const MAX_WAIT_MS = 30_000;
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 20;
/** How long changes follow each other in this process before other processes get a chance, in milliseconds. */
const MAX_STREAK_MS = 100;

/** The keys that an action holds while it runs. */
export interface HeldKeys {
  /** @throws RegistryError `UNAVAILABLE` when another holder may have a key now, because a lock was lost */
  checkHeld(): void;
}

/** The keys that the caller already holds: a wrapper that holds some may wrap another one that needs the same. */
const current = new AsyncLocalStorage<HeldScope>();

/**
 * Runs changes with the same key one after the other, across all processes that the locks reach. A change inside
 * another one holds the keys of that one as well.
 */
export class SharedMutex {
  readonly #locks: Locks;
  readonly #maxWaitMs: number;
  /** Ensures that only one change of this process at a time requests a lock. */
  readonly #here = new KeyedMutex();
  readonly #streaks = new Map<string, Streak>();

  constructor(locks: Locks, maxWaitMs = MAX_WAIT_MS) {
    this.#locks = locks;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Runs `action` while no other one holds any of the keys.
   * @param keys without duplicates, in an order that all callers share; otherwise two of them could deadlock
   * @param signal ends the wait, which then rejects with its reason; it has no effect on an action that runs
   * @throws RegistryError `UNAVAILABLE` when others hold a key for too long
   */
  async run<Result>(
    keys: readonly string[],
    action: (held: HeldKeys) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    using wait = new Wait(this.#maxWaitMs, signal);
    const outer = current.getStore();
    const isInside = outer?.isOver === false;
    const missing = isInside ? keys.filter((key) => !outer.keys.has(key)) : keys;
    // Awaited here: the wait lasts until then.
    return await this.#take(missing, { held: isInside ? outer.locks : [], wait }, async (locks) => {
      wait.end();
      const scope = new HeldScope(isInside ? [...outer.keys, ...missing] : missing, locks);
      try {
        return await current.run(scope, () => action(scope));
      } finally {
        scope.isOver = true;
      }
    });
  }

  async #take<Result>(
    [key, ...others]: readonly string[],
    { held, wait }: { readonly held: readonly Lock[]; readonly wait: Wait },
    action: (locks: readonly Lock[]) => Promise<Result>,
  ): Promise<Result> {
    if (key === undefined) return action(held);
    const streak = this.#streaks.get(key) ?? { changes: 0, since: performance.now() };
    this.#streaks.set(key, streak);
    streak.changes += 1;
    const act = async (): Promise<Result> => {
      await yieldToOthers(streak);
      await using lock = await this.#acquire(key, wait.signal);
      // Awaited here: the lock is held until the action has ended.
      return await this.#take(others, { held: [...held, lock], wait }, action);
    };
    try {
      return await this.#here.run(key, act, wait.signal);
    } finally {
      streak.changes -= 1;
      if (streak.changes === 0) this.#streaks.delete(key);
    }
  }

  async #acquire(key: string, signal: AbortSignal): Promise<Lock> {
    for (let pauseMs = MIN_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      const lock = await this.#locks.tryAcquire(key);
      if (lock !== undefined) return lock;
      // Its own error is ignored: the next line throws the reason of the signal.
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}

/** The wait for the keys. It ends when they are acquired, when the time is up, or when the caller gives up. */
class Wait implements Disposable {
  /** Aborts when the time is up or the caller gives up. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;

  constructor(maxMs: number, signal: AbortSignal | undefined) {
    const late = new AbortController();
    this.signal = signal === undefined ? late.signal : AbortSignal.any([signal, late.signal]);
    this.#timer = setTimeout(() => {
      late.abort(unavailable('another request has been changing this for too long'));
    }, maxMs);
  }

  /** Ends the time limit, because the keys are acquired. */
  end(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** An unbroken series of changes of one key in this process: each began to wait before the previous one ended. */
interface Streak {
  changes: number;
  /** When it began, or last paused. */
  since: number;
}

/** Pauses a long streak: otherwise changes that wait in other processes would never get the lock. */
async function yieldToOthers(streak: Streak): Promise<void> {
  if (performance.now() - streak.since < MAX_STREAK_MS) return;
  // Every other process retries at least once in this time.
  await delay(MAX_PAUSE_MS + MIN_PAUSE_MS);
  streak.since = performance.now();
}

class HeldScope implements HeldKeys {
  readonly keys: ReadonlySet<string>;
  readonly locks: readonly Lock[];
  /** Whether the action has ended; something that it started may outlive it. */
  isOver = false;

  constructor(keys: Iterable<string>, locks: readonly Lock[]) {
    this.keys = new Set(keys);
    this.locks = locks;
  }

  checkHeld(): void {
    if (this.locks.some(({ lost }) => lost?.aborted)) throw unavailable('a lock was lost; try again');
  }
}

function unavailable(reason: string): RegistryError {
  return new RegistryError('UNAVAILABLE', { reason });
}
