import { type OpenJobsOptions, openJobs } from '../../server/composition/open-jobs.ts';
import type { LoadedConfiguration } from '../../server/config/index.ts';
import type { RunOptions } from '../../server/jobs/job-runner.ts';
import type { ExitCode } from '../command.ts';
import { reasonNotCompleted } from './reason-not-completed.ts';
import { requireStorage } from './require-storage.ts';
import { stopSignal } from './stop-signal.ts';

/** How a command runs a job. */
export interface OnceOptions extends OpenJobsOptions, Pick<RunOptions, 'dryRun' | 'resumes' | 'evenReadOnly'> {
  readonly job: string;
}

/** A run that has completed. */
export interface CompletedRun {
  readonly report: object;
  readonly seconds: number;
  /** Whether nothing was changed, by the options or by the configuration. */
  readonly dryRun: boolean;
  /** 9 when the job found that something is wrong in the storage. */
  readonly exitCode: ExitCode;
}

/**
 * Runs a job once in this process, no matter when it ran last; a registry may serve the storage meanwhile. SIGTERM and
 * SIGINT stop it.
 * @throws Error that says why it was not run, or why it has failed
 */
export async function runOnce(
  loaded: LoadedConfiguration,
  { job: name, dryRun: isAsked, resumes, evenReadOnly = false, ...options }: OnceOptions,
): Promise<CompletedRun> {
  await requireStorage(loaded);
  await using open = await openJobs(loaded, options);
  const found = open.jobs.find(({ job }) => job.name === name);
  if (found === undefined) throw new Error(`there is no job ${name}`);
  const dryRun = isAsked || found.dryRun;
  using stopping = stopSignal();
  const result = await open.runner.run(found.job, { dryRun, signal: stopping.signal, resumes, evenReadOnly });
  if (result.outcome === 'failed') throw result.error;
  if (result.outcome !== 'completed') throw new Error(`${name} ${reasonNotCompleted(result)}`);
  const { report, seconds } = result;
  return { report, seconds, dryRun, exitCode: found.job.foundProblems?.(report) === true ? 9 : 0 };
}
