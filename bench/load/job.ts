import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { LoadResult } from './load-result.ts';

const run = promisify(execFile);

/** Requests that follow one another on each connection. */
export interface TimedJob {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Blobs to push. */
export interface PushJob {
  /** The URL of the registry, without a path. */
  readonly url: string;
  readonly repository: string;
  /** Different for each push: the same seed and size would give the same blobs. */
  readonly seed: string;
  readonly bytes: number;
  /** Size of a chunk; the whole blob in one request when absent. */
  readonly chunkBytes?: number;
  readonly count: number;
  readonly connections: number;
}

/** What a load generator can be asked to do. */
export type Job = ({ readonly kind: 'head' | 'download' | 'slow' } & TimedJob) | ({ readonly kind: 'push' } & PushJob);

/** Runs a job in a process of its own, so that its cost does not mix with that of the benchmark. */
export async function runJob(job: Job): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'child.js'), JSON.stringify(job)]);
  return JSON.parse(stdout) as LoadResult;
}
