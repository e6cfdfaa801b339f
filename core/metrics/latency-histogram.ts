/** Upper bounds of the durations that are counted together, in seconds, ascending; those of distribution's histograms. */
export const DURATION_BOUNDS_SECONDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** How long something took each time; a few additions each. */
export class LatencyHistogram {
  /** How many took at most the bound of the same index, and longer than the one before; the last has no bound. */
  readonly counts: number[] = new Array<number>(DURATION_BOUNDS_SECONDS.length + 1).fill(0);
  /** All of them together. */
  seconds = 0;

  add(seconds: number): void {
    this.seconds += seconds;
    const within = DURATION_BOUNDS_SECONDS.findIndex((bound) => seconds <= bound);
    const bucket = within < 0 ? DURATION_BOUNDS_SECONDS.length : within;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }
}
