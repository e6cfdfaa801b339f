import { setImmediate as turnOfLoop } from 'node:timers/promises';
import { type BudgetClock, SYSTEM_CLOCK } from './rate-budget.ts';

/** How soon after a call of a request another one is likely, in milliseconds. */
const QUIET_MS = 2;
/** After this long without a call of a request, jobs do not wait, in milliseconds. */
const IDLE_MS = 100;
/** No call of a job waits longer, so that jobs get on beside requests without end, in milliseconds. */
const MAX_WAIT_MS = 20;

interface WaitingCall {
  readonly go: () => void;
  readonly dueMs: number;
}

/**
 * Lets the calls of requests go before those of jobs in the same process. The calls of jobs fill the pauses between
 * requests, and begin one in a turn of the event loop, so that a request that arrives does not stand behind many.
 * Bytes of streams that are open do not count: how fast they go is up to the client.
 */
export class RequestsFirst {
  readonly #clock: BudgetClock;
  readonly #waiting: WaitingCall[] = [];
  /** How many calls of requests are under way. */
  #running = 0;
  #endedAtMs = -Infinity;
  #releases = false;

  constructor(clock: BudgetClock = SYSTEM_CLOCK) {
    this.#clock = clock;
  }

  /** Makes a call of a request, at once. */
  async ofRequest<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#running += 1;
    try {
      return await call();
    } finally {
      this.#running -= 1;
      this.#endedAtMs = this.#clock.monotonic();
    }
  }

  /** Notes that a request begins calls whose end is not known, such as those of a list. */
  noteRequest(): void {
    this.#endedAtMs = this.#clock.monotonic();
  }

  /**
   * Waits for the turn of a call of a job, at most 20 milliseconds.
   * @returns `undefined` if it may be made at once; otherwise a promise that never rejects
   */
  ofJob(): Promise<void> | undefined {
    const now = this.#clock.monotonic();
    if (this.#running === 0 && now - this.#endedAtMs > IDLE_MS && this.#waiting.length === 0) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ go: resolve, dueMs: now + MAX_WAIT_MS });
    if (!this.#releases) void this.#release();
    return promise;
  }

  /** Lets the waiting calls go in their order, until none waits. Those that have waited long enough go together. */
  async #release(): Promise<void> {
    this.#releases = true;
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      const now = this.#clock.monotonic();
      const isQuiet = this.#running === 0 && now - this.#endedAtMs >= QUIET_MS;
      const due = this.#waiting.filter(({ dueMs }) => dueMs <= now).length;
      for (const { go } of this.#waiting.splice(0, Math.max(due, isQuiet ? 1 : 0))) go();
      await (isQuiet ? turnOfLoop() : this.#clock.wait(1));
    }
    this.#releases = false;
  }
}
