/** The amount of work in a load, and the duration of its parts. */
export interface LoadResult {
  /** Successful requests, pushes or downloads. */
  readonly count: number;
  /** Bytes of all bodies. */
  readonly bytes: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The value below which `share` of the sorted values fall (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** The result of a load from the durations of its parts. */
export function resultOf(durationsMs: readonly number[], load: Pick<LoadResult, 'bytes' | 'seconds'>): LoadResult {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  return { count: sorted.length, ...load, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}
