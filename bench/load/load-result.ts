/** What a load has done and how long each part of it took. */
export interface LoadResult {
  /** Requests, pushes or downloads that were answered well. */
  readonly count: number;
  /** Bytes of bodies. */
  readonly bytes: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The value below which `share` of the sorted values lie (nearest rank). */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? Number.NaN;
}

/** Sums a load up. */
export function resultOf(durationsMs: readonly number[], load: Pick<LoadResult, 'bytes' | 'seconds'>): LoadResult {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  return { count: sorted.length, ...load, p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) };
}
