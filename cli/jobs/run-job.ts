import { loadConfiguration } from '../../server/config/index.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { chooseFile } from '../choose-file.ts';
import type { ExitCode, Program } from '../command.ts';
import { printDecisions } from '../retention/print-decisions.ts';
import { describeReport } from './describe-run.ts';
import { requireKnownJob } from './known-job.ts';
import { runOnce } from './run-once.ts';
import { runRemoteJob } from './run-remote-job.ts';
import { type GivenLimits, withLimits } from './with-limits.ts';

/** `stowage run`, `stowage gc`: runs a job once, now. */
export type RunRequest = AdminTarget &
  Pick<GivenLimits, 'callRate'> & {
    readonly kind: 'run' | 'gc';
    readonly job: string;
    readonly dryRun: boolean;
    /** Whether it resumes the work of an earlier run that has not completed. */
    readonly resumes?: true;
  };

/**
 * Runs a job once, no matter when it ran last, and prints its result. SIGTERM and SIGINT stop it.
 * @returns 9 when the job found that something is wrong in the storage
 * @throws UsageError for a job that does not exist
 * @throws Error that says why the job was not run, or why it has failed
 */
export async function run(request: RunRequest, program: Program): Promise<ExitCode | void> {
  if (request.registry !== undefined) return runRemoteJob(request, program);
  const { env, print, complain } = program;
  const { job: name, dryRun: isAsked, resumes, callRate } = request;
  requireKnownJob(name, request.path);
  const given = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  const loaded = callRate === undefined ? given : withLimits(given, 'gc', { callRate });
  const { report, seconds, dryRun, exitCode } = await runOnce(loaded, {
    job: name,
    dryRun: isAsked,
    resumes,
    // Of the jobs, only this one deletes what clients see.
    opensRegistry: name === 'retention' && !isAsked,
    ...(name === 'retention' && isAsked && { onDecided: printDecisions(print) }),
  });
  print(`${name}: ${describeReport(report)}${dryRun ? '; dry run, nothing was changed' : ''} (${seconds} s)\n`);
  return exitCode;
}
