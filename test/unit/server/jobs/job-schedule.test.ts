import test, { type ExecutionContext } from 'ava';
import { JobUnsupportedError } from '../../../../core/jobs/job-unsupported-error.ts';
import type { LastRun } from '../../../../core/jobs/last-run.ts';
import type { Locks } from '../../../../core/ports/locks.ts';
import { ReadingInstances } from '../../../../core/storage-copy/copy-on-read/reading-instances.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { dueInMs, JobSchedules } from '../../../../server/jobs/job-schedule.ts';
import { withRemovalWaiting } from '../../../../server/jobs/without-removal.ts';
import { type JobParts, type JobPartsOptions, jobOf, jobParts } from '../../../helpers/core/job-parts.ts';
import { FakeClock } from '../../../helpers/running/fake-clock.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const INTERVAL_MS = 24 * HOUR_MS;

type Run = () => Promise<object> | object;

/** One process whose job runs once a day; it is stopped when the test ends. */
function scheduled(t: ExecutionContext, run: Run, options?: JobPartsOptions): JobParts & { schedules: JobSchedules } {
  const parts = jobParts(options);
  const job = jobOf(async () => run());
  const schedules = new JobSchedules([{ job, intervalMs: INTERVAL_MS, dryRun: false }], parts);
  t.teardown(() => schedules[Symbol.asyncDispose]());
  return { ...parts, schedules };
}

test('a job runs for the first time within an hour, and then one interval and some jitter after its end', async (t) => {
  const clock = new FakeClock();
  clock.chance = 0.5;
  const ran: number[] = [];
  const job = (): object => {
    ran.push((clock.nowMs += MINUTE_MS));
    return {};
  };
  scheduled(t, job, { clock });
  const first = await clock.next();
  t.is(first.ms, HOUR_MS / 2);
  first.pass();
  const second = await clock.next();
  t.is(second.ms, INTERVAL_MS + MINUTE_MS / 2);
  t.is(ran.length, 1);
  second.pass();
  await clock.next();
  t.is(ran.length, 2);
});

test('a scheduled run resumes the work of one that was interrupted', async (t) => {
  const parts = jobParts();
  await parts.store.checkpoint('tidy').save({ value: 'half', begunAtMs: parts.clock.now() });
  const began = Promise.withResolvers<unknown>();
  const job = jobOf(async ({ checkpoint }) => {
    began.resolve(await checkpoint.load());
    return {};
  });
  const schedules = new JobSchedules([{ job, intervalMs: INTERVAL_MS, dryRun: false }], parts);
  t.teardown(() => schedules[Symbol.asyncDispose]());
  (await parts.clock.next()).pass();
  t.is(await began.promise, 'half');
});

test('two instances run a job once per interval together, even without a shared lock', async (t) => {
  const [driver, clock] = [new MemoryDriver(), new FakeClock()];
  const ran: string[] = [];
  scheduled(t, () => ({ runs: ran.push('one') }), { driver, clock });
  (await clock.next()).pass();
  const again = await clock.next();
  clock.nowMs += HOUR_MS;
  scheduled(t, () => ({ runs: ran.push('two') }), { driver, clock });
  (await clock.next()).pass();
  const later = await clock.next();
  t.is(later.ms, INTERVAL_MS - HOUR_MS);
  t.deepEqual(ran, ['one']);
  later.pass();
  t.is((await clock.next()).ms, INTERVAL_MS);
  t.deepEqual(ran, ['one', 'two']);
  again.pass();
  t.is((await clock.next()).ms, INTERVAL_MS);
  t.deepEqual(ran, ['one', 'two']);
});

test('while another process runs the job, this one checks again soon', async (t) => {
  const taken: Locks = { tryAcquire: async () => undefined };
  const { clock } = scheduled(t, () => ({}), { locks: taken });
  (await clock.next()).pass();
  t.is((await clock.next()).ms, 5 * MINUTE_MS);
});

test('locks that are unavailable are reported, and tried again soon', async (t) => {
  const broken: Locks = { tryAcquire: () => Promise.reject(new Error('Redis does not answer')) };
  const { clock, lines } = scheduled(t, () => ({}), { locks: broken });
  (await clock.next()).pass();
  t.is((await clock.next()).ms, 5 * MINUTE_MS);
  t.like(lines, [{ job: 'tidy', msg: 'job could not be started; it will be retried' }]);
});

test('a job that fails is run again after an interval, and one that is not supported never', async (t) => {
  let error = new Error('no luck');
  const { clock, schedules } = scheduled(t, () => {
    throw error;
  });
  (await clock.next()).pass();
  const second = await clock.next();
  t.is(second.ms, INTERVAL_MS);
  error = new JobUnsupportedError('never');
  second.pass();
  // With nothing left to repeat, stopping waits for nothing.
  await schedules[Symbol.asyncDispose]();
  t.pass();
});

test('a job that must wait for other instances is looked at again soon, and runs when they are gone', async (t) => {
  const folder = new MemoryDriver();
  const others = new ReadingInstances(folder);
  await others.sign('other');
  const parts = jobParts({ driver: folder });
  const ran: number[] = [];
  const job = jobOf(async () => ({ runs: ran.push(parts.clock.now()) }));
  const mustWait = async () => ((await others.areThere()) ? 'another instance reads the old storage' : undefined);
  const jobs = withRemovalWaiting([{ job, intervalMs: INTERVAL_MS, dryRun: false }], mustWait);
  const schedules = new JobSchedules(jobs, parts);
  t.teardown(() => schedules[Symbol.asyncDispose]());
  (await parts.clock.next()).pass();
  const again = await parts.clock.next();
  t.is(again.ms, 5 * MINUTE_MS);
  t.deepEqual(ran, []);
  t.is(await parts.store.lastRun('tidy'), undefined);
  t.deepEqual(parts.lines, [{ job: 'tidy', reason: 'another instance reads the old storage', msg: 'job waits' }]);
  await others.withdraw('other');
  again.pass();
  t.is((await parts.clock.next()).ms, INTERVAL_MS);
  t.is(ran.length, 1);
});

test('a job without an interval is not run automatically', async (t) => {
  const parts = jobParts();
  const schedules = new JobSchedules([{ job: jobOf(async () => t.fail()), dryRun: false }], parts);
  await schedules[Symbol.asyncDispose]();
  t.deepEqual(parts.lines, []);
});

test('stopping aborts a run and waits for its end', async (t) => {
  const parts = jobParts();
  const started = Promise.withResolvers<void>();
  const job = jobOf(async ({ signal }) => {
    started.resolve();
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    signal.throwIfAborted();
    return {};
  });
  const schedules = new JobSchedules([{ job, intervalMs: INTERVAL_MS, dryRun: false }], parts);
  (await parts.clock.next()).pass();
  await started.promise;
  await schedules[Symbol.asyncDispose]();
  t.is((await parts.store.lastRun('tidy'))?.outcome, 'aborted');
});

test('a stop lets no run begin that was about to', async (t) => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const locks: Locks = {
    tryAcquire: async () => {
      asked.resolve();
      await answer.promise;
      return { [Symbol.asyncDispose]: async () => undefined };
    },
  };
  const { clock, schedules, lines, store } = scheduled(t, () => t.fail(), { locks });
  (await clock.next()).pass();
  await asked.promise;
  schedules.stop();
  answer.resolve();
  await schedules[Symbol.asyncDispose]();
  t.deepEqual(lines, []);
  t.is(await store.lastRun('tidy'), undefined);
});

test('stopping waits ten seconds for a run that does not end, and says that it was abandoned', async (t) => {
  const parts = jobParts();
  const started = Promise.withResolvers<void>();
  const job = jobOf(() => {
    started.resolve();
    return new Promise(() => undefined);
  });
  const schedules = new JobSchedules([{ job, intervalMs: INTERVAL_MS, dryRun: false }], parts);
  (await parts.clock.next()).pass();
  await started.promise;
  const stopped = schedules[Symbol.asyncDispose]();
  const limit = await parts.clock.next();
  t.is(limit.ms, 10 * SECOND_MS);
  limit.pass();
  await stopped;
  t.like(parts.lines.at(-1), { msg: 'job abandoned: it did not stop in time' });
});

const AGO = { startedAtMs: -2 * HOUR_MS, seenAtMs: -HOUR_MS, dryRun: false };
const DUE: ReadonlyArray<readonly [what: string, last: Partial<LastRun> | undefined, inMs: number]> = [
  ['a job that never ran', undefined, 0],
  ['a job that ended', { ...AGO, endedAtMs: -HOUR_MS, outcome: 'completed' }, INTERVAL_MS - HOUR_MS],
  ['a job that failed', { ...AGO, endedAtMs: -HOUR_MS, outcome: 'failed' }, INTERVAL_MS - HOUR_MS],
  ['a job that was stopped', { ...AGO, endedAtMs: -HOUR_MS, outcome: 'aborted' }, 0],
  ['a run that was seen lately', { ...AGO, seenAtMs: -MINUTE_MS }, 14 * MINUTE_MS],
  ['a run that was not seen for a quarter of an hour', { ...AGO, seenAtMs: -15 * MINUTE_MS }, 0],
  ['a run in the future, by another clock', { ...AGO, seenAtMs: HOUR_MS, endedAtMs: HOUR_MS, outcome: 'completed' }, 0],
];

for (const [what, last, inMs] of DUE) {
  test(`${what} is due in ${inMs / MINUTE_MS} minutes`, (t) => {
    const clock = { now: () => 0 };
    t.is(dueInMs(last as LastRun | undefined, { intervalMs: INTERVAL_MS, clock }), inMs);
  });
}
