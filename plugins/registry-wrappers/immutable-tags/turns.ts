import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { KeyedMutex } from '../../../core/async/concurrency.ts';
import { RegistryError } from '../../../core/model/errors.ts';
import type { Lock, Locks } from '../../../core/ports/locks.ts';

/** How long a change waits for others, of this process and of other ones, in milliseconds. */
const MAX_WAIT_MS = 30_000;
const MIN_PAUSE_MS = 5;
const MAX_PAUSE_MS = 20;
/** How long changes follow each other in this process before those that wait in others get a chance, in milliseconds. */
const MAX_STREAK_MS = 100;

/** A turn that has come. */
export interface Turn {
  /** @throws RegistryError `UNAVAILABLE` when somebody else may have the turn now, because a lock could not be kept */
  checkHeld(): void;
}

/** The turn in which a call is made: the wrapper that took it may stand in front of another one that wants the same. */
const current = new AsyncLocalStorage<HeldTurn>();

/**
 * Lets changes that share a key run one after the other, in all processes that the locks reach. A change that is made
 * in the turn of another one has the keys of that one, too.
 */
export class Turns {
  readonly #locks: Locks;
  readonly #maxWaitMs: number;
  /** So that only one change of this process at a time asks for a lock. */
  readonly #here = new KeyedMutex();
  readonly #streaks = new Map<string, Streak>();

  constructor(locks: Locks, maxWaitMs = MAX_WAIT_MS) {
    this.#locks = locks;
    this.#maxWaitMs = maxWaitMs;
  }

  /**
   * Runs `action` when no other one has any of the keys.
   * @param keys each once, in an order that all callers share, or two of them could wait for each other
   * @param signal ends the wait, which then rejects with its reason; it has no effect on an action that runs
   * @throws RegistryError `UNAVAILABLE` when the turn does not come in time, because others keep a key for too long
   */
  async run<Result>(
    keys: readonly string[],
    action: (turn: Turn) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Result> {
    using wait = new Wait(this.#maxWaitMs, signal);
    const outer = current.getStore();
    const isInside = outer?.isOver === false;
    const missing = isInside ? keys.filter((key) => !outer.keys.has(key)) : keys;
    // Awaited here: the wait lasts until then.
    return await this.#take(missing, { held: isInside ? outer.locks : [], wait }, async (locks) => {
      wait.end();
      const turn = new HeldTurn(isInside ? [...outer.keys, ...missing] : missing, locks);
      try {
        return await current.run(turn, () => action(turn));
      } finally {
        turn.isOver = true;
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
      await letOthersIn(streak);
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
      // It rejects with an error of its own instead of the reason.
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      signal.throwIfAborted();
    }
  }
}

/** The wait for a turn. It ends when the turn comes, when the time is up, or when the caller gives up. */
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

  /** The turn has come: the time no longer counts. */
  end(): void {
    clearTimeout(this.#timer);
  }

  [Symbol.dispose](): void {
    this.end();
  }
}

/** An unbroken series of changes of one key in this process: each began to wait before the one before it ended. */
interface Streak {
  changes: number;
  /** When it began, or made its last pause. */
  since: number;
}

/** Changes that follow each other here at once leave no moment to those that wait in other processes. */
async function letOthersIn(streak: Streak): Promise<void> {
  if (performance.now() - streak.since < MAX_STREAK_MS) return;
  // Every other process asks at least once in this time.
  await delay(MAX_PAUSE_MS + MIN_PAUSE_MS);
  streak.since = performance.now();
}

class HeldTurn implements Turn {
  readonly keys: ReadonlySet<string>;
  readonly locks: readonly Lock[];
  /** Something that was started in the turn may outlive it. */
  isOver = false;

  constructor(keys: Iterable<string>, locks: readonly Lock[]) {
    this.keys = new Set(keys);
    this.locks = locks;
  }

  checkHeld(): void {
    if (this.locks.some(({ lost }) => lost?.aborted)) throw unavailable('a lock could not be kept; try again');
  }
}

function unavailable(reason: string): RegistryError {
  return new RegistryError('UNAVAILABLE', { reason });
}
