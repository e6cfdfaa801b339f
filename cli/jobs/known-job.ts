import type { Configuration } from '../../server/config/index.ts';
import { type ConfiguredJobsDependencies, configuredJobs } from '../../server/jobs/configured-jobs.ts';
import { UsageError } from '../usage-error.ts';

// The names do not depend on these, and no job works before it runs.
const ANY_CONFIGURATION = {
  storage: { uploadPurging: {}, scrub: {}, gc: { graceMs: 0 }, tagHistory: { keepMs: 0 } },
  retention: { untagged: [] },
} as unknown as Configuration;
const NO_DEPENDENCIES = {} as unknown as ConfiguredJobsDependencies;

/** Every job that there is. */
const JOBS = configuredJobs(ANY_CONFIGURATION, NO_DEPENDENCIES).map(({ job }) => job);

/** Their names. */
export const JOB_NAMES: readonly string[] = JOBS.map(({ name }) => name);

/** Whether the report of a job says that something is wrong in the storage. */
export function foundProblems(name: string, report: object): boolean {
  return JOBS.find((job) => job.name === name)?.foundProblems?.(report) === true;
}

const USAGE = 'the command is "stowage run <job> [config.yml]"';

/**
 * Checks the name of a job before anything is opened for it.
 * @param path the argument after the name
 * @throws UsageError for a job that does not exist
 */
export function requireKnownJob(name: string, path: string | undefined): void {
  if (JOB_NAMES.includes(name)) return;
  const known = `expected one of ${JOB_NAMES.join(', ')}`;
  if (path !== undefined && JOB_NAMES.includes(path)) {
    throw new UsageError(`the job ${JSON.stringify(path)} must come before ${JSON.stringify(name)}: ${USAGE}`);
  }
  if (/[./\\]/.test(name)) {
    throw new UsageError(`the name of a job is missing before ${JSON.stringify(name)}, ${known}: ${USAGE}`);
  }
  throw new UsageError(`unknown job ${JSON.stringify(name)}, ${known}`);
}
