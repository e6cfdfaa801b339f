import type { Job, JobRun } from '../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../core/jobs/job-unsupported-error.ts';
import { REMOVAL_REFUSED } from '../../core/storage-copy/copy-on-read/removal-refused.ts';
import type { ConfiguredJob } from './job-schedule.ts';

/** They remove nothing that another storage could bring back: uploads, and repositories whose change was announced before. */
const HARMLESS = ['upload-purge', 'repository-changes'];

/** Jobs of a storage that is being filled from another one: those that remove content only do dry runs. */
export function withoutRemoval(jobs: readonly ConfiguredJob[]): readonly ConfiguredJob[] {
  return jobs.map((configured) =>
    HARMLESS.includes(configured.job.name) ? configured : { ...configured, job: onlyDry(configured.job) },
  );
}

function onlyDry(job: Job): Job {
  return {
    name: job.name,
    summary: job.summary,
    changes: job.changes,
    ...(job.foundProblems !== undefined && { foundProblems: (report: object) => job.foundProblems?.(report) === true }),
    run: async (run: JobRun) => {
      if (!run.dryRun) throw new JobUnsupportedError(REMOVAL_REFUSED);
      return job.run(run);
    },
  };
}
