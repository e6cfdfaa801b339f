import { type BudgetClock, SYSTEM_CLOCK } from '../../../core/async/rate-budget.ts';

/** Below this, a wait costs more than it saves, in milliseconds. */
const MIN_WAIT_MS = 10;

interface Turn {
  readonly amount: number;
  readonly begin: () => void;
}

/**
 * Lets calls, or bytes, pass in the order in which they came: at most the rate times the period in any period, plus one
 * turn and what passes in 10 milliseconds. A turn of any size gets through, because what it exceeds is paid by those
 * after it. A turn that is given up costs nothing.
 */
export class RateLimit {
  readonly #perMs: number;
  readonly #clock: BudgetClock;
  readonly #waiting = new Set<Turn>();
  /** When everything that has passed is paid for. */
  #paidAtMs = -Infinity;
  /** Ends the wait for the first turn; `undefined` while nothing waits. */
  #pause: AbortController | undefined;

  constructor(perSecond: number, clock: BudgetClock = SYSTEM_CLOCK) {
    this.#perMs = perSecond / 1000;
    this.#clock = clock;
  }

  /** How many turns wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for the turn of so many calls or bytes.
   * @throws the reason of the signal, as soon as it aborts
   */
  async pass(amount: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#waiting.size === 0 && this.#owedMs() < MIN_WAIT_MS) this.#charge(amount);
    else await this.#wait(amount, signal);
  }

  #wait(amount: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#waiting.delete(turn);
        // Without it, a process that ends would wait for nobody's turn.
        if (this.#waiting.size === 0) this.#pause?.abort();
        reject(signal?.reason as Error);
      };
      const begin = (): void => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const turn = { amount, begin };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#waiting.add(turn);
      if (this.#pause === undefined) void this.#serve();
    });
  }

  async #serve(): Promise<void> {
    while (this.#waiting.size > 0) {
      this.#pause = new AbortController();
      await this.#clock.wait(this.#owedMs(), this.#pause.signal);
      for (const turn of this.#waiting) {
        if (this.#owedMs() >= MIN_WAIT_MS) break;
        this.#waiting.delete(turn);
        this.#charge(turn.amount);
        turn.begin();
      }
    }
    this.#pause = undefined;
  }

  #charge(amount: number): void {
    this.#paidAtMs = Math.max(this.#clock.monotonic(), this.#paidAtMs) + amount / this.#perMs;
  }

  #owedMs(): number {
    return this.#paidAtMs - this.#clock.monotonic();
  }
}
