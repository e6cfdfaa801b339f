import {
  GarbageCollection,
  type GarbageCollectionOptions,
  type GarbageCollectionReport,
} from '../../../core/jobs/garbage-collection.ts';
import type { JobRun } from '../../../core/jobs/job.ts';
import type { Collector } from '../../../core/registry/local/collection/collector.ts';
import type { KeptDeletions } from '../../../core/trash/kept-deletions.ts';
import { jobRun } from './job-run.ts';

/** How garbage is collected in a test. */
export interface CollectOptions extends Partial<JobRun> {
  readonly deletesUntagged?: boolean;
  /** How long untagged manifests stay; then `deletesUntagged` need not be given. */
  readonly untagged?: GarbageCollectionOptions['untagged'];
  /** What happens while the collection waits. */
  readonly meanwhile?: () => Promise<unknown>;
}

const HOUR_MS = 60 * 60 * 1000;

/** Collects garbage once, with a grace of an hour for files, which passes at once for requests. */
export function collectGarbage(
  { collector, trash }: { readonly collector: Collector; readonly trash?: KeptDeletions },
  {
    untagged,
    deletesUntagged = untagged !== undefined,
    meanwhile = async () => undefined,
    ...run
  }: CollectOptions = {},
): Promise<GarbageCollectionReport> {
  let hasHappened = false;
  const wait = async (): Promise<void> => {
    if (!hasHappened) await meanwhile();
    hasHappened = true;
  };
  return new GarbageCollection(collector, { graceMs: HOUR_MS, deletesUntagged, untagged, wait, trash }).run(
    jobRun(run),
  );
}
