import { atPace } from '../../core/async/call-pace.ts';
import type { Job, JobRun } from '../../core/jobs/job.ts';

/**
 * A job whose driver calls keep a pace, if the driver is a `PacedDriver`. A run that waits for its next call gives signs
 * of life.
 * @param callsPerSecond absent: the job as it is
 */
export function pacedJob(job: Job, callsPerSecond: number | undefined): Job {
  if (callsPerSecond === undefined) return job;
  return {
    name: job.name,
    summary: job.summary,
    changes: job.changes,
    ...(job.foundProblems !== undefined && { foundProblems: (report: object) => job.foundProblems?.(report) === true }),
    run: (run: JobRun) => {
      let told: Parameters<JobRun['progress']> = [0];
      const progress: JobRun['progress'] = (...now) => {
        told = now;
        run.progress(...now);
      };
      const onCall = (): void => run.progress(...told);
      return atPace({ callsPerSecond, signal: run.signal, onCall }, () => job.run({ ...run, progress }));
    },
  };
}
