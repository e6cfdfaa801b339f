import type { JobView } from '../../server/administration/job-administration.ts';
import type { AdminTarget } from '../admin/admin-target.ts';
import { withJobs } from '../admin/jobs.ts';
import type { ExitCode, Program } from '../command.ts';
import { printable } from '../printable.ts';
import { describeRun, durationOf, runOf, timeOf } from './describe-run.ts';

/** `stowage jobs`: lists the jobs. */
export type JobsRequest = AdminTarget & {
  readonly kind: 'jobs';
  readonly json?: true;
};

/** Prints every job with what it does, when it runs, its newest run in the whole cluster, and its next one. */
export async function run(request: JobsRequest, program: Program): Promise<ExitCode | void> {
  return withJobs({ ...request, changes: false }, program, async (jobs) => {
    const all = await jobs.list();
    if (request.json === true) program.print(`${JSON.stringify({ jobs: all })}\n`);
    else for (const job of all) program.print(`${describe(job).map(printable).join('\n')}\n`);
  });
}

function describe({ name, summary, intervalSeconds, dryRun, nextRunAt, run }: JobView): string[] {
  const runs =
    intervalSeconds === undefined ? `by "stowage run ${name}"` : `every ${durationOf(intervalSeconds * 1000)}`;
  return [
    `${name}: ${summary}`,
    `  runs: ${runs}${dryRun ? ', as a dry run' : ''}`,
    `  last run: ${describeRun(run && runOf(run))}`,
    ...(nextRunAt === undefined ? [] : [`  next run: ${describeNext(Date.parse(nextRunAt))}`]),
  ];
}

function describeNext(atMs: number): string {
  return atMs > Date.now() ? timeOf(atMs) : 'due; the next instance that checks runs it';
}
