/** How far back the rate looks, in milliseconds. */
const WINDOW_MS = 5000;
/** Bytes of a shorter time say little of a rate. */
const MIN_SPAN_MS = 500;

/** Measures bytes per second over the last five seconds. Times are milliseconds of any clock that does not jump. */
export class RateMeter {
  readonly #samples: Array<{ readonly at: number; readonly bytes: number }> = [];

  /** @param bytes so many in all by now; fewer than before when something starts over */
  note(bytes: number, at: number): void {
    const newest = this.#samples.at(-1);
    if (newest !== undefined && bytes < newest.bytes) this.#samples.length = 0;
    this.#samples.push({ at, bytes });
    // One older sample stays, so that the window is covered.
    while ((this.#samples[1]?.at ?? Number.POSITIVE_INFINITY) <= at - WINDOW_MS) this.#samples.shift();
  }

  /** Bytes per second; `undefined` while too little is known. */
  rate(at: number): number | undefined {
    const [oldest] = this.#samples;
    const newest = this.#samples.at(-1);
    if (oldest === undefined || newest === undefined || at - oldest.at < MIN_SPAN_MS) return undefined;
    return ((newest.bytes - oldest.bytes) * 1000) / (at - oldest.at);
  }
}
