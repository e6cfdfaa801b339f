import { repeat } from './head.ts';
import type { TimedJob } from './job.ts';
import type { LoadResult } from './load-result.ts';

/** GET of a large blob, again and again; wrk reads 8 KiB at a time and would be what is measured. */
export function download(job: TimedJob): Promise<LoadResult> {
  return repeat('GET', job);
}
