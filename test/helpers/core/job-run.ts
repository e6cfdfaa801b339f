import { MemoryCheckpoint } from '../../../core/jobs/checkpoint-store.ts';
import type { JobRun } from '../../../core/jobs/job.ts';
import { silentLog } from '../../../server/jobs/silent-log.ts';

/** The context of a run that nothing ends, of which nobody hears. */
export function jobRun(given: Partial<JobRun> = {}): JobRun {
  const { signal } = new AbortController();
  const checkpoint = new MemoryCheckpoint();
  return { signal, dryRun: false, log: silentLog, checkpoint, progress: () => undefined, ...given };
}
