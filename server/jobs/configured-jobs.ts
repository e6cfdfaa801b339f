import { ReferrerRebuild, type ReferrerRebuildDependencies } from '../../core/jobs/referrer-rebuild.ts';
import { TagCleanup, type TagCleanupDependencies } from '../../core/jobs/tag-cleanup.ts';
import { UploadPurge } from '../../core/jobs/upload-purge.ts';
import type { UploadPurger } from '../../core/registry/local/upload-purger.ts';
import type { Configuration } from '../config/index.ts';
import type { ConfiguredJob } from './job-schedule.ts';

/** What jobs work on. */
export interface ConfiguredJobsDependencies extends ReferrerRebuildDependencies, TagCleanupDependencies {
  readonly purger: UploadPurger;
}

/** Every job that there is, one line each; those without an interval run when an operator asks for them. */
export function configuredJobs(
  { storage: { uploadPurging: purging } }: Configuration,
  { purger, ...dependencies }: ConfiguredJobsDependencies,
): readonly ConfiguredJob[] {
  return [
    { job: new UploadPurge(purger, purging), intervalMs: purging.intervalMs, dryRun: purging.dryRun },
    { job: new ReferrerRebuild(dependencies), dryRun: false },
    { job: new TagCleanup(dependencies), dryRun: false },
  ];
}
