import test from 'ava';
import { ownTurn } from '../../../../core/async/call-pace.ts';
import { DriverError, type StoragePath } from '../../../../core/driver/index.ts';
import { JobUnsupportedError } from '../../../../core/jobs/job-unsupported-error.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { ProcessLocks } from '../../../../plugins/coordination/process/process-locks.ts';
import { dueInMs } from '../../../../server/jobs/job-schedule.ts';
import { jobOf, jobParts, runsOf, stepping, storedCheckpoint } from '../../../helpers/core/job-parts.ts';
import { FakeClock } from '../../../helpers/running/fake-clock.ts';

const { signal } = new AbortController();
const NOW = { dryRun: false, signal };

class UnwritableDriver extends MemoryDriver {
  override async write(path: StoragePath): Promise<void> {
    throw new DriverError('unavailable', { path, driver: this.name, cause: new Error('full') });
  }
}

test('a run is logged with its report, counted, and stored for all instances', async (t) => {
  const parts = jobParts();
  const startedAtMs = parts.clock.nowMs;
  const job = jobOf(async () => {
    parts.clock.nowMs += 2_500;
    return { removed: 3 };
  });
  t.deepEqual(await parts.runner.run(job, NOW), { outcome: 'completed', report: { removed: 3 }, seconds: 2.5 });
  t.deepEqual(parts.lines, [
    { job: 'tidy', dryRun: false, msg: 'job started' },
    { job: 'tidy', dryRun: false, seconds: 2.5, removed: 3, msg: 'job completed' },
  ]);
  const endedAtMs = parts.clock.nowMs;
  t.deepEqual(await parts.store.lastRun('tidy'), {
    startedAtMs,
    seenAtMs: endedAtMs,
    endedAtMs,
    dryRun: false,
    outcome: 'completed',
    report: { removed: 3 },
    succeededAtMs: endedAtMs,
  });
  t.deepEqual(runsOf(parts), { completed: 1 });
  const [, seconds, success] = parts.metrics.families();
  t.deepEqual(seconds?.series, [{ labels: { job: 'tidy' }, values: [2.5] }]);
  t.deepEqual(success?.series, [{ labels: { job: 'tidy' }, values: [endedAtMs / 1000] }]);
});

test('the calls of every job let those of requests go first', async (t) => {
  const { runner } = jobParts();
  const job = jobOf(async () => ({ waits: ownTurn() !== undefined }));
  t.like(await runner.run(job, NOW), { report: { waits: true } });
  t.is(ownTurn(), undefined);
});

test('only one of two processes that share a lock runs a job at a time', async (t) => {
  const locks = new ProcessLocks();
  const [one, two] = [jobParts({ locks }), jobParts({ locks })];
  const ran = Promise.withResolvers<object>();
  const started = Promise.withResolvers<void>();
  const long = one.runner.run(
    jobOf(() => {
      started.resolve();
      return ran.promise;
    }),
    NOW,
  );
  await started.promise;
  t.deepEqual(
    await two.runner.run(
      jobOf(async () => ({})),
      NOW,
    ),
    { outcome: 'locked' },
  );
  ran.resolve({});
  t.like(await long, { outcome: 'completed' });
  t.like(
    await two.runner.run(
      jobOf(async () => ({})),
      NOW,
    ),
    { outcome: 'completed' },
  );
});

test('a read-only registry skips a job that changes content and says so, and runs its dry run and others', async (t) => {
  const parts = jobParts({ isReadOnly: () => true });
  const changing = jobOf(async ({ dryRun }) => ({ dryRun }));
  t.deepEqual(await parts.runner.run(changing, NOW), { outcome: 'read-only' });
  t.deepEqual(parts.lines, [{ job: 'tidy', msg: 'job skipped: the registry is read-only' }]);
  t.deepEqual(runsOf(parts), { skipped: 1 });
  t.like(await parts.runner.run(changing, { ...NOW, dryRun: true }), { report: { dryRun: true } });
  t.like(
    await parts.runner.run(
      jobOf(async () => ({}), false),
      NOW,
    ),
    { outcome: 'completed' },
  );
  t.is(await parts.store.lastRun('tidy'), undefined);
});

test('a run whose process has died is resumed by another one from the checkpoint', async (t) => {
  const driver = new MemoryDriver();
  const clock = new FakeClock();
  const dead = jobParts({ driver, clock });
  const hung = Promise.withResolvers<void>();
  const done: number[] = [];
  const dying = stepping(
    10,
    (number) => {
      clock.nowMs += 6_000;
      if (number < 5) return;
      hung.resolve();
      return new Promise(() => undefined);
    },
    done,
  );
  void dead.runner.run(dying, NOW);
  await hung.promise;
  t.deepEqual(done, [1, 2, 3, 4]);
  t.like(await dead.store.lastRun('tidy'), { outcome: undefined, progress: { done: 4, total: 10 } });
  const other = jobParts({ driver, clock });
  const result = await other.runner.run(
    stepping(10, () => undefined, done),
    { ...NOW, resumes: true },
  );
  t.like(result, { outcome: 'completed', report: { steps: 6 } });
  t.deepEqual(done, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  t.is(await storedCheckpoint(other), undefined);
  const resumed = other.lines.find(({ msg }) => msg === 'job resumed where an earlier run stopped');
  t.deepEqual(resumed, { job: 'tidy', begunAt: '2026-01-01T00:00:00.000Z', checkpoint: 4, msg: resumed?.['msg'] });
});

test('a job may save after every step: its checkpoint is stored every few seconds, and at the end of a run that was stopped', async (t) => {
  const parts = jobParts();
  const stop = new AbortController();
  const saved: unknown[] = [];
  const stopping = stepping(
    10,
    async (number) => {
      saved.push(await storedCheckpoint(parts));
      parts.clock.nowMs += 2_000;
      if (number === 6) stop.abort(new Error('enough'));
    },
    [],
  );
  t.deepEqual(await parts.runner.run(stopping, { ...NOW, signal: stop.signal }), { outcome: 'aborted' });
  t.deepEqual(saved, [undefined, 1, 1, 1, 4, 4]);
  t.is(await storedCheckpoint(parts), 6);
  t.like(await parts.store.lastRun('tidy'), { outcome: 'aborted', progress: { done: 6, total: 10 } });
  t.like(parts.lines.at(-1), { msg: 'job stopped', reason: 'enough' });
  t.deepEqual(runsOf(parts), { aborted: 1 });
});

test('a lost lock stops the run, and what another process has stored meanwhile stays', async (t) => {
  const lost = new AbortController();
  const locks = { tryAcquire: async () => ({ lost: lost.signal, [Symbol.asyncDispose]: async () => undefined }) };
  const parts = jobParts({ locks });
  const others = { startedAtMs: 1, seenAtMs: 2, dryRun: false };
  const losing = jobOf(async (run) => {
    lost.abort(new Error('lost'));
    await parts.store.putLastRun('tidy', others);
    run.signal.throwIfAborted();
    return {};
  });
  t.deepEqual(await parts.runner.run(losing, NOW), { outcome: 'aborted' });
  t.deepEqual(await parts.store.lastRun('tidy'), others);
});

test('a job that fails is a result; its checkpoint and its last success stay', async (t) => {
  const parts = jobParts();
  await parts.runner.run(
    jobOf(async () => ({})),
    NOW,
  );
  const { succeededAtMs } = (await parts.store.lastRun('tidy')) ?? {};
  parts.clock.nowMs += 1_000;
  const error = new Error('no luck');
  const failing = jobOf(async ({ checkpoint }) => {
    await checkpoint.save('half');
    throw error;
  });
  t.deepEqual(await parts.runner.run(failing, NOW), { outcome: 'failed', error });
  t.like(await parts.store.lastRun('tidy'), { outcome: 'failed', problem: 'no luck', succeededAtMs });
  t.is(await storedCheckpoint(parts), 'half');
  t.deepEqual(runsOf(parts), { completed: 1, failed: 1 });
});

test('a dry run of an operator leaves no checkpoint and does not count as the newest run', async (t) => {
  const parts = jobParts();
  const job = jobOf(async ({ checkpoint, dryRun }) => {
    await checkpoint.save('half');
    return { dryRun, loaded: await checkpoint.load() };
  });
  t.like(await parts.runner.run(job, { ...NOW, dryRun: true }), { report: { dryRun: true, loaded: 'half' } });
  t.is(await parts.store.lastRun('tidy'), undefined);
  t.is(await parts.store.checkpoint('tidy').load(), undefined);
});

test('a storage that takes no writes prevents no run, and this process remembers when it ran', async (t) => {
  const parts = jobParts({ driver: new UnwritableDriver() });
  await parts.runner.run(
    jobOf(async () => ({})),
    NOW,
  );
  const dueInMs = (last: { endedAtMs?: number | undefined } | undefined): number => (last?.endedAtMs ? 7 : 0);
  const result = await parts.runner.run(
    jobOf(async () => ({})),
    { ...NOW, dueInMs },
  );
  t.deepEqual(result, { outcome: 'not-due', dueInMs: 7 });
});

test('a job that this storage will never support says why, and is not counted as failed', async (t) => {
  const parts = jobParts();
  const job = jobOf(async () => {
    throw new JobUnsupportedError('nothing can be removed here');
  });
  t.deepEqual(await parts.runner.run(job, NOW), { outcome: 'unsupported', reason: 'nothing can be removed here' });
  t.is(parts.lines.at(-1)?.['msg'], 'nothing can be removed here');
  t.deepEqual(runsOf(parts), {});
});

test('the log reports the progress of a long run once a minute, with the seconds that are left, which are stored as well', async (t) => {
  const parts = jobParts();
  await parts.runner.run(
    stepping(4, () => void (parts.clock.nowMs += 40_000), []),
    NOW,
  );
  const told = parts.lines.filter(({ msg }) => msg === 'job in progress');
  t.deepEqual(told, [
    { job: 'tidy', done: 2, total: 4, secondsLeft: 80, msg: 'job in progress' },
    { job: 'tidy', done: 4, total: 4, secondsLeft: 0, msg: 'job in progress' },
  ]);
  t.deepEqual((await parts.store.lastRun('tidy'))?.progress, { done: 4, total: 4, secondsLeft: 0 });
});

test('the seconds that a job itself expects are told as they are', async (t) => {
  const parts = jobParts();
  const job = jobOf(async ({ progress }) => {
    progress(10, 3_600, 3_590);
    return {};
  });
  await parts.runner.run(job, NOW);
  t.deepEqual((await parts.store.lastRun('tidy'))?.progress, { done: 10, total: 3_600, secondsLeft: 3_590 });
});

test('a run that is cancelled ends as such, keeps its checkpoint, and is not due again before its interval', async (t) => {
  const parts = jobParts();
  const done: number[] = [];
  const job = stepping(
    10,
    (number) => {
      if (number === 4) parts.runner.cancel('tidy', parts.runner.running('tidy')?.startedAtMs ?? 0);
    },
    done,
  );
  t.deepEqual(await parts.runner.run(job, NOW), { outcome: 'cancelled' });
  t.deepEqual(done, [1, 2, 3, 4]);
  t.is(parts.runner.running('tidy'), undefined);
  const last = await parts.store.lastRun('tidy');
  t.like(last, { outcome: 'cancelled' });
  t.is(await storedCheckpoint(parts), 4);
  t.is(dueInMs(last, { intervalMs: 1_000, clock: parts.clock }), 1_000);
  t.deepEqual(runsOf(parts), { cancelled: 1 });
});

test('a run learns from the storage that another instance has cancelled it, and another run of the job does not', async (t) => {
  const driver = new MemoryDriver();
  const parts = jobParts({ driver });
  const other = jobParts({ driver });
  const done: number[] = [];
  const job = stepping(
    10,
    async (number) => {
      const run = parts.runner.running('tidy');
      if (number === 2) await other.store.cancel('tidy', { startedAtMs: (run?.startedAtMs ?? 0) - 1 });
      if (number === 4 && run !== undefined) await other.store.cancel('tidy', run);
      parts.clock.nowMs += 6_000;
      await new Promise((resolve) => setImmediate(resolve));
    },
    done,
  );
  t.deepEqual(await parts.runner.run(job, NOW), { outcome: 'cancelled' });
  t.true(done.length >= 4 && done.length < 10, String(done));
  t.false(await parts.store.isCancelled('tidy', { startedAtMs: parts.clock.nowMs }));
});

test('a dry run that is watched is recorded beside the runs by which the next one is due', async (t) => {
  const parts = jobParts();
  const job = jobOf(async () => ({ removed: 1 }));
  await parts.runner.run(job, { dryRun: true, signal, isWatched: true });
  t.is(await parts.store.lastRun('tidy'), undefined);
  t.like(await parts.store.lastRun('tidy', 'dry'), { outcome: 'completed', dryRun: true });
});
