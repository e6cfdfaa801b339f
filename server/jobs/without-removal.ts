import type { Job, JobRun } from '../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../core/jobs/job-unsupported-error.ts';
import type { ConfiguredJob } from './job-schedule.ts';

/** They remove nothing that another storage could bring back: uploads, and repositories whose change was announced before. */
const HARMLESS = ['upload-purge', 'repository-changes'];

/** Jobs of a storage that is being filled from another one: until the next start, those that remove content only do dry runs. */
export function withoutRemoval(jobs: readonly ConfiguredJob[], reason: string): readonly ConfiguredJob[] {
  return wrapRemoving(jobs, (job) => ({
    ...delegating(job),
    run: async (run: JobRun) => {
      if (!run.dryRun) throw new JobUnsupportedError(reason);
      return job.run(run);
    },
  }));
}

/** Jobs of a storage that others may still fill from another one: those that remove content ask first whether they must wait. */
export function withRemovalWaiting(
  jobs: readonly ConfiguredJob[],
  mustWait: NonNullable<Job['mustWait']>,
): readonly ConfiguredJob[] {
  return wrapRemoving(jobs, (job) => ({ ...delegating(job), mustWait }));
}

function wrapRemoving(jobs: readonly ConfiguredJob[], wrap: (job: Job) => Job): readonly ConfiguredJob[] {
  return jobs.map((configured) =>
    HARMLESS.includes(configured.job.name) ? configured : { ...configured, job: wrap(configured.job) },
  );
}

function delegating(job: Job): Job {
  return {
    name: job.name,
    summary: job.summary,
    changes: job.changes,
    ...(job.foundProblems !== undefined && { foundProblems: (report: object) => job.foundProblems?.(report) === true }),
    run: (run: JobRun) => job.run(run),
  };
}
