import { setTimeout as delay } from 'node:timers/promises';

/** Below this, a wait costs more than it saves, in milliseconds. */
const MIN_WAIT_MS = 10;

/** Time for a {@link RateBudget}. */
export interface BudgetClock {
  /** Milliseconds since an arbitrary moment. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds at the latest, or as soon as the signal aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const SYSTEM_CLOCK: BudgetClock = {
  monotonic: () => performance.now(),
  wait: async (ms, signal) => {
    // The process stays alive: nothing else may be under way meanwhile.
    await delay(ms, undefined, { signal }).catch(() => undefined);
  },
};

/**
 * Limits how many bytes, or calls, pass each second. Several callers share it: in any period, at most the rate times the
 * period passes, plus what each caller took last and what passes in 10 milliseconds.
 */
export class RateBudget {
  readonly #perMs: number;
  readonly #clock: BudgetClock;
  /** When everything taken so far is paid for. */
  #paidAtMs = -Infinity;

  constructor(perSecond: number, clock: BudgetClock = SYSTEM_CLOCK) {
    this.#perMs = perSecond / 1000;
    this.#clock = clock;
  }

  /**
   * Takes a number of bytes, or calls, and waits until they are within the budget.
   * @throws the reason of the signal, soon after it aborts
   */
  async take(amount: number, signal: AbortSignal): Promise<void> {
    if (await this.pass(amount, signal)) signal.throwIfAborted();
  }

  /**
   * Like {@link take}; a signal that aborts ends the wait, and fails nothing.
   * @returns whether it has waited
   */
  async pass(amount: number, signal: AbortSignal): Promise<boolean> {
    const now = this.#clock.monotonic();
    this.#paidAtMs = Math.max(now, this.#paidAtMs) + amount / this.#perMs;
    const waitMs = this.#paidAtMs - now;
    if (waitMs < MIN_WAIT_MS) return false;
    await this.#clock.wait(waitMs, signal);
    return true;
  }
}
