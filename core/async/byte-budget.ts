import { setTimeout as delay } from 'node:timers/promises';

/** Below this, a wait costs more than it saves, in milliseconds. */
const MIN_WAIT_MS = 10;

/** Time for a {@link ByteBudget}. */
export interface BudgetClock {
  /** Milliseconds since an arbitrary moment. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds at the latest, or as soon as the signal aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

const SYSTEM_CLOCK: BudgetClock = {
  monotonic: () => performance.now(),
  wait: async (ms, signal) => {
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  },
};

/**
 * Limits how many bytes pass each second. Several callers share it: in any period, at most the rate times the period
 * passes, plus the last bytes of each caller and what passes in 10 milliseconds.
 */
export class ByteBudget {
  readonly #bytesPerMs: number;
  readonly #clock: BudgetClock;
  /** When everything taken so far is paid for. */
  #paidAtMs = -Infinity;

  constructor(bytesPerSecond: number, clock: BudgetClock = SYSTEM_CLOCK) {
    this.#bytesPerMs = bytesPerSecond / 1000;
    this.#clock = clock;
  }

  /**
   * Takes bytes, and waits until they are within the budget.
   * @throws the reason of the signal, soon after it aborts
   */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    const now = this.#clock.monotonic();
    this.#paidAtMs = Math.max(now, this.#paidAtMs) + bytes / this.#bytesPerMs;
    const waitMs = this.#paidAtMs - now;
    if (waitMs < MIN_WAIT_MS) return;
    await this.#clock.wait(waitMs, signal);
    signal.throwIfAborted();
  }
}
