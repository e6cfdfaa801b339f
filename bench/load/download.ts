import { repeat } from './head.ts';
import type { TimedJob } from './job.ts';
import type { LoadResult } from './load-result.ts';

/** Repeated GETs of a large blob; wrk reads 8 KiB at a time and would itself be the limit. */
export function download(job: TimedJob): Promise<LoadResult> {
  return repeat('GET', job);
}
