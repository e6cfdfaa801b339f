import { RepeatingConnection } from './connection.ts';
import type { TimedJob } from './job.ts';
import { type LoadResult, resultOf } from './load-result.ts';

/** HEAD of one URL, which wrk cannot do. */
export function headLoad(job: TimedJob): Promise<LoadResult> {
  return repeat('HEAD', job);
}

/** Runs some connections for a time. */
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
