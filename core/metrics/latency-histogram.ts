import { Histogram } from './histogram.ts';

/** Upper bounds of the buckets, in seconds, ascending; the same as in distribution's histograms. */
export const DURATION_BOUNDS_SECONDS: readonly number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A histogram of durations, in seconds. */
export class LatencyHistogram extends Histogram {
  constructor() {
    super(DURATION_BOUNDS_SECONDS);
  }
}
