import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { NamedManifest } from './artifact.ts';
import type { LoadResult } from './load-result.ts';

const run = promisify(execFile);

/** Requests that follow one another on each connection. */
export interface TimedJob {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** A job with a number of pushes. */
interface CountedJob {
  /** The URL of the registry, without a path. */
  readonly url: string;
  readonly repository: string;
  readonly count: number;
  readonly connections: number;
}

/** Blobs to push. */
export interface PushJob extends CountedJob {
  /** Different for each push: the same seed and size would produce the same blobs. */
  readonly seed: string;
  readonly bytes: number;
  /** Size of a chunk; the whole blob in one request when absent. */
  readonly chunkBytes?: number;
}

/** Images to push. */
export interface ImagesJob extends CountedJob {
  /** Different for each push: the same seed would produce the same images. */
  readonly seed: string;
  readonly layerBytes: number;
  /** Whether a PATCH carries the bytes instead of the PUT. */
  readonly hasPatch: boolean;
  /** Whether a client keeps its connection; otherwise each request has a new one. */
  readonly keepsConnections: boolean;
}

/** Tags to set to a manifest that the repository may already have. */
export interface SetTagsJob extends CountedJob {
  /** Different for each job, so that the tags are new. */
  readonly prefix: string;
  readonly manifest: NamedManifest;
}

/** The jobs of a load generator. */
export type Job =
  | ({ readonly kind: 'head' | 'download' | 'slow' } & TimedJob)
  | ({ readonly kind: 'push' } & PushJob)
  | ({ readonly kind: 'images' } & ImagesJob)
  | ({ readonly kind: 'set-tags' } & SetTagsJob);

/** Runs a job in a separate process, so that its cost does not mix with that of the benchmark. */
export async function runJob(job: Job): Promise<LoadResult> {
  const { stdout } = await run(process.execPath, [join(import.meta.dirname, 'child.js'), JSON.stringify(job)]);
  return JSON.parse(stdout) as LoadResult;
}
