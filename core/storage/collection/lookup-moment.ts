/** In milliseconds. A request that takes longer between looking content up and linking it looks it up again. */
export const MAX_LOOKUP_AGE_MS = 10_000;

/** When content was looked up, by both clocks: a machine that was suspended shows it on one of them only. */
export class LookupMoment {
  readonly #monotonicMs = performance.now();
  readonly #wallMs = Date.now();

  /** Whether so much time has passed that a garbage collection may have removed what was found. */
  get isLate(): boolean {
    const ageMs = Math.max(performance.now() - this.#monotonicMs, Math.abs(Date.now() - this.#wallMs));
    return ageMs > MAX_LOOKUP_AGE_MS;
  }
}
