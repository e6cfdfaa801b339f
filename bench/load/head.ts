import { RepeatingConnection } from './connection.ts';
import type { TimedJob } from './job.ts';
import { type LoadResult, resultOf } from './load-result.ts';

/** Repeated HEADs of one URL, which wrk cannot send. */
export function headLoad(job: TimedJob): Promise<LoadResult> {
  return repeat('HEAD', job);
}

/** Repeats a request on `connections` connections for `seconds`. */
export async function repeat(method: 'GET' | 'HEAD', { url, connections, seconds }: TimedJob): Promise<LoadResult> {
  const startedAt = performance.now();
  const all = Array.from({ length: connections }, () => new RepeatingConnection(method, url));
  await Promise.all(all.map((connection) => connection.run(seconds)));
  const elapsed = (performance.now() - startedAt) / 1000;
  const bytes = all.reduce((sum, connection) => sum + connection.bytes, 0);
  return resultOf(
    all.flatMap(({ durationsMs }) => durationsMs),
    { bytes, seconds: elapsed },
  );
}
