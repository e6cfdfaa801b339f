import { type BudgetClock, SYSTEM_CLOCK } from '../../../core/async/rate-budget.ts';

/** Below this, a wait costs more than it saves, in milliseconds. */
const MIN_WAIT_MS = 10;

/**
 * Knows when the next call, or the next bytes, may pass: at most the rate times the period in any period, plus one piece
 * and what passes in 10 milliseconds. A piece of any size may pass, because what it exceeds is paid by those after it.
 */
export class RateLimit {
  readonly #perMs: number;
  readonly #clock: BudgetClock;
  /** When everything that has passed is paid for. */
  #paidAtMs = -Infinity;
  #queued = 0;

  constructor(perSecond: number, clock: BudgetClock = SYSTEM_CLOCK) {
    this.#perMs = perSecond / 1000;
    this.#clock = clock;
  }

  /** When the next may pass, on the clock. */
  get readyAtMs(): number {
    return this.#paidAtMs;
  }

  get isReady(): boolean {
    return this.#paidAtMs - this.#clock.monotonic() < MIN_WAIT_MS;
  }

  /** How long it takes until all that is queued has passed, in milliseconds. */
  get backlogMs(): number {
    return Math.max(0, this.#paidAtMs - this.#clock.monotonic()) + this.#queued / this.#perMs;
  }

  /** Counts what waits; negative for what waits no more. */
  queue(amount: number): void {
    this.#queued += amount;
  }

  /** Counts what passes now. */
  charge(amount: number): void {
    this.#paidAtMs = Math.max(this.#clock.monotonic(), this.#paidAtMs) + amount / this.#perMs;
  }
}
