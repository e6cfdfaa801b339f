import type { Clock } from '../../../server/jobs/clock.ts';

/** A pending wait for a time to pass. */
interface Wait {
  readonly ms: number;
  /** Lets exactly this time pass. */
  pass(): void;
}

/** A clock that stands still until a test lets time pass. */
export class FakeClock implements Clock {
  nowMs = Date.UTC(2026, 0, 1);
  /** How far the clock was set forward, in milliseconds; negative if it was set back. */
  setForwardMs = 0;
  /** What {@link random} returns. */
  chance = 0;
  readonly #waits: Wait[] = [];
  readonly #takers: ((wait: Wait) => void)[] = [];

  now(): number {
    return this.nowMs + this.setForwardMs;
  }

  monotonic(): number {
    return this.nowMs;
  }

  random(): number {
    return this.chance;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    signal?.addEventListener('abort', () => resolve());
    const endsAtMs = this.nowMs + ms;
    const pass = (): void => {
      this.nowMs = Math.max(this.nowMs, endsAtMs);
      resolve();
    };
    const taker = this.#takers.shift();
    if (taker === undefined) this.#waits.push({ ms, pass });
    else taker({ ms, pass });
    return promise;
  }

  /** The next call of {@link wait} that no test has consumed, as soon as it is made. */
  async next(): Promise<Wait> {
    return this.#waits.shift() ?? new Promise((resolve) => this.#takers.push(resolve));
  }
}
