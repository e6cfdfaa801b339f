/** A moment, by both clocks: a machine that was suspended, or whose clock was set, shows it on one of them only. */
export class Moment {
  readonly #monotonicMs = performance.now();
  readonly #wallMs = Date.now();

  /** The time that has passed, in milliseconds, by the clock that says more. */
  get ageMs(): number {
    return Math.max(performance.now() - this.#monotonicMs, Math.abs(Date.now() - this.#wallMs));
  }

  /** Whether it came before the other one, by the monotonic clock. */
  isBefore(other: Moment): boolean {
    return this.#monotonicMs < other.#monotonicMs;
  }
}
