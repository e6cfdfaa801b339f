import type { LastRun } from '../../core/jobs/last-run.ts';
import { openJobs } from '../../server/composition/open-jobs.ts';
import { loadConfiguration } from '../../server/config/index.ts';
import { dueInMs } from '../../server/jobs/job-schedule.ts';
import { type ConfiguredCommand, chooseFile } from '../choose-file.ts';
import type { Program } from '../command.ts';
import { describeRun, durationOf, timeOf } from './describe-run.ts';
import { requireStorage } from './require-storage.ts';

/** `stowage jobs`: lists the jobs. */
export interface JobsRequest extends ConfiguredCommand {
  readonly kind: 'jobs';
}

/** Prints every job with what it does, when it runs, its last run in the whole cluster, and its next one. */
export async function run(request: JobsRequest, { env, print, complain }: Program): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(request, { say: complain }), env });
  await requireStorage(loaded);
  await using open = await openJobs(loaded, {});
  for (const { job, intervalMs, dryRun } of open.jobs) {
    const last = await open.store.lastRun(job.name);
    const runs = intervalMs === undefined ? `by "stowage run ${job.name}"` : `every ${durationOf(intervalMs)}`;
    const lines = [
      `${job.name}: ${job.summary}`,
      `  runs: ${runs}${dryRun ? ', as a dry run' : ''}`,
      `  last run: ${describeRun(last)}`,
      ...(intervalMs === undefined ? [] : [`  next run: ${describeNext(last, intervalMs)}`]),
    ];
    print(`${lines.join('\n')}\n`);
  }
}

function describeNext(last: LastRun | undefined, intervalMs: number): string {
  const now = Date.now();
  const dueIn = dueInMs(last, { intervalMs, clock: { now: () => now } });
  return dueIn > 0 ? timeOf(now + dueIn) : 'due; the next instance that checks runs it';
}
