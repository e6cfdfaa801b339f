import type { AdminTarget } from '../admin/admin-target.ts';
import { withJobs } from '../admin/jobs.ts';
import type { ExitCode, Program } from '../command.ts';

/** `stowage jobs cancel`: ends the run of a job. */
export type JobsCancelRequest = AdminTarget & {
  readonly kind: 'jobs-cancel';
  readonly job: string;
};

/** Cancels the run of a job, in whatever process it is. */
export async function run(request: JobsCancelRequest, program: Program): Promise<ExitCode | void> {
  const { job } = request;
  return withJobs({ ...request, changes: true }, program, async (jobs) => {
    const { startedAt } = await jobs.cancel(job);
    program.print(`${job}: the run that began ${startedAt} was cancelled; it ends after its current step\n`);
  });
}
