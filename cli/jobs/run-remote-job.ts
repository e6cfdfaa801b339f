import type { RunView } from '../../server/administration/run-view.ts';
import type { RegistryTarget } from '../admin/admin-target.ts';
import { followRun, withJobs } from '../admin/jobs.ts';
import { ClientFailure } from '../client/client-failure.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { describeReport } from './describe-run.ts';
import { foundProblems } from './known-job.ts';

/** A run that a registry does. */
export type RemoteRunRequest = RegistryTarget & {
  readonly kind: string;
  readonly job: string;
  readonly dryRun: boolean;
  readonly resumes?: true | undefined;
};

/** Begins a run in a registry, waits for its end, and prints its result. A run does not end with this program. */
export async function runRemoteJob(request: RemoteRunRequest, program: Program): Promise<ExitCode | void> {
  const { job, registry, dryRun, resumes = false } = request;
  const stopNote = `the run goes on in ${registry}; "stowage jobs cancel ${job}" ends it`;
  return withJobs({ ...request, changes: !dryRun, stopNote }, program, async (jobs) => {
    const begun = await jobs.run(job, { dryRun, resumes });
    let last: RunView = begun;
    for await (const view of followRun(jobs, job)) last = view;
    const { state, report = {}, problem = '', startedAt, endedAt = startedAt } = last;
    if (state !== 'completed') throw new ClientFailure(`${job} ${problem === '' ? `was ${state}` : problem}`, 1);
    const seconds = (Date.parse(endedAt) - Date.parse(startedAt)) / 1000;
    const note = last.dryRun ? '; dry run, nothing was changed' : '';
    program.print(`${printable(`${job}: ${describeReport(report)}`)}${note} (${seconds} s)\n`);
    return foundProblems(job, report) ? 9 : 0;
  });
}
