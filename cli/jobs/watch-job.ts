import type { RunView } from '../../server/administration/run-view.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { followRun, withJobs } from '../admin/jobs.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { describeRun, progressText, runOf } from './describe-run.ts';

/** `stowage jobs watch`: follows the run of a job. */
export type JobsWatchRequest = AdminTarget & {
  readonly kind: 'jobs-watch';
  readonly job: string;
  readonly json?: true;
};

/** Prints a line whenever the run has made progress, and one when it has ended. */
export async function run(request: JobsWatchRequest, program: Program): Promise<ExitCode | void> {
  const { job, json } = request;
  return withJobs({ ...request, changes: false }, program, async (jobs) => {
    let told = '';
    for await (const view of followRun(jobs, job)) {
      const line = json === true ? JSON.stringify(view) : printable(`${job}: ${progressOf(view)}`);
      if (line !== told) program.print(`${line}\n`);
      told = line;
    }
  });
}

function progressOf(view: RunView): string {
  if (view.state !== 'running') return describeRun(runOf(view));
  const { progress = { done: 0 } } = view;
  return progress.total === undefined ? `${progress.done} done` : progressText(progress);
}
