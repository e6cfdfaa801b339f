import { guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import type { Job, JobRun } from '../../../core/jobs/job.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import type { Logger } from '../../../core/ports/logger.ts';
import { JobStore } from '../../../core/storage/job-store.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { ProcessLocks } from '../../../plugins/coordination/process/process-locks.ts';
import { JobRunner } from '../../../server/jobs/job-runner.ts';
import { JobMetrics } from '../../../server/metrics/job-metrics.ts';
import { FakeClock } from '../running/fake-clock.ts';

/** One process that runs jobs. */
export interface JobParts {
  readonly runner: JobRunner;
  readonly store: JobStore;
  readonly clock: FakeClock;
  readonly metrics: JobMetrics;
  /** The log: the fields with the message as `msg`. */
  readonly lines: Readonly<Record<string, unknown>>[];
  readonly log: Logger;
}

/** The parts that a test chooses; two processes of a cluster share a driver, a clock and, on one Redis, locks. */
export interface JobPartsOptions {
  readonly driver?: StorageDriver;
  readonly clock?: FakeClock;
  readonly locks?: Locks;
  readonly isReadOnly?: () => boolean;
}

/** Composes the parts that run jobs in one process. */
export function jobParts({
  driver = new MemoryDriver(),
  clock = new FakeClock(),
  locks = new ProcessLocks(),
  isReadOnly = () => false,
}: JobPartsOptions = {}): JobParts {
  const lines: Record<string, unknown>[] = [];
  const write = (fields: Readonly<Record<string, unknown>>, msg: string): void => void lines.push({ ...fields, msg });
  const log = { debug: () => undefined, info: write, warn: write, error: write };
  const store = new JobStore(guardDriver(driver), new PathMapper());
  const metrics = new JobMetrics();
  return {
    runner: new JobRunner({ store, clock, locks, isReadOnly, log, metrics }),
    store,
    clock,
    metrics,
    lines,
    log,
  };
}

/** A job that runs the code of a test. */
export function jobOf(run: (run: JobRun) => Promise<object>, changes = true): Job {
  return { name: 'tidy', summary: 'tidies up', changes, run };
}

/** A job of `steps` steps that starts after the completed ones. */
export function stepping(
  steps: number,
  step: (number: number, run: JobRun) => Promise<void> | void,
  done: number[],
): Job {
  return jobOf(async (run) => {
    const first = Number((await run.checkpoint.load()) ?? 0);
    for (let number = first + 1; number <= steps; number += 1) {
      run.signal.throwIfAborted();
      await step(number, run);
      done.push(number);
      run.progress(number, steps);
      await run.checkpoint.save(number);
    }
    return { steps: steps - first };
  });
}

/** How often runs had each outcome. */
export function runsOf({ metrics }: JobParts): Record<string, number | undefined> {
  const [runs] = metrics.families();
  const series = runs?.series ?? [];
  return Object.fromEntries(series.map(({ labels, values }) => [labels['outcome'] ?? '', values[0]]));
}

/** The checkpoint that the next run finds, without its date. */
export async function storedCheckpoint({ store }: JobParts): Promise<unknown> {
  const found = (await store.checkpoint('tidy').load()) as { readonly value: unknown } | undefined;
  return found?.value;
}
