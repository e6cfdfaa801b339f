import type { Job, JobRun } from '../../core/jobs/job.ts';
import { JobUnsupportedError } from '../../core/jobs/job-unsupported-error.ts';
import type { ConfiguredJob } from './job-schedule.ts';

/** They remove nothing that another storage could bring back: uploads, and repositories whose change was announced before. */
const HARMLESS = ['upload-purge', 'repository-changes'];

/** Says why nothing may be removed now; `undefined` if it may. */
export type Refusal = () => Promise<string | undefined>;

/** Jobs of a storage that is being filled from another one: those that remove content only do dry runs while that is refused. */
export function withoutRemoval(jobs: readonly ConfiguredJob[], refusal: Refusal): readonly ConfiguredJob[] {
  return jobs.map((configured) =>
    HARMLESS.includes(configured.job.name) ? configured : { ...configured, job: onlyDry(configured.job, refusal) },
  );
}

function onlyDry(job: Job, refusal: Refusal): Job {
  return {
    name: job.name,
    summary: job.summary,
    changes: job.changes,
    ...(job.foundProblems !== undefined && { foundProblems: (report: object) => job.foundProblems?.(report) === true }),
    run: async (run: JobRun) => {
      const reason = run.dryRun ? undefined : await refusal();
      if (reason !== undefined) throw new JobUnsupportedError(reason);
      return job.run(run);
    },
  };
}
