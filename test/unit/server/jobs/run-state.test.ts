import test from 'ava';
import { DriverError, type StoragePath } from '../../../../core/driver/index.ts';
import type { Job, JobRun } from '../../../../core/jobs/job.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { jobOf, jobParts, runsOf, stepping, storedCheckpoint } from '../../../helpers/core/job-parts.ts';

const { signal } = new AbortController();
const NOW = { dryRun: false, signal };

/** A job that notes where it begins and leaves a checkpoint that another storage would not have. */
function beginning(starts: unknown[], end: (run: JobRun) => Promise<object>): Job {
  return jobOf(async (run) => {
    starts.push(await run.checkpoint.load());
    await run.checkpoint.save('half');
    return end(run);
  });
}

const failing = async (): Promise<never> => {
  throw new Error('no luck');
};

test('a run that an operator asks for starts afresh, and one that resumes begins with the checkpoint', async (t) => {
  const parts = jobParts();
  const starts: unknown[] = [];
  await parts.runner.run(beginning(starts, failing), NOW);
  await parts.runner.run(beginning(starts, failing), { ...NOW, resumes: true });
  await parts.runner.run(beginning(starts, failing), NOW);
  t.deepEqual(starts, [undefined, 'half', undefined]);
  await parts.runner.run(jobOf(failing), NOW);
  t.is(await storedCheckpoint(parts), undefined, 'a run that starts afresh leaves nothing of earlier ones');
});

test('a run starts afresh even on a storage that keeps the old checkpoint', async (t) => {
  class KeepingDriver extends MemoryDriver {
    override async delete(path: StoragePath): Promise<void> {
      throw new DriverError('not-supported', { path, driver: this.name });
    }
  }
  const parts = jobParts({ driver: new KeepingDriver() });
  const starts: unknown[] = [];
  for (let count = 0; count < 2; count += 1) await parts.runner.run(beginning(starts, failing), NOW);
  t.is(await storedCheckpoint(parts), 'half');
  const idle = jobOf(async ({ checkpoint }) => ({ found: (await checkpoint.load()) ?? null }));
  t.like(await parts.runner.run(idle, NOW), { report: { found: null } });
  t.deepEqual(starts, [undefined, undefined]);
});

test('a checkpoint counts for a week from the beginning of the work, however often that was resumed', async (t) => {
  const parts = jobParts();
  const starts: unknown[] = [];
  const resume = async (afterDays: number): Promise<void> => {
    parts.clock.nowMs += afterDays * 24 * 3_600_000;
    await parts.runner.run(beginning(starts, failing), { ...NOW, resumes: true });
  };
  await resume(0);
  await resume(4);
  await resume(3);
  t.deepEqual(starts, [undefined, 'half', 'half']);
  await resume(0.001);
  t.is(starts.at(-1), undefined);
  t.true(parts.lines.some(({ msg }) => msg === 'job started over: its checkpoint is too old'));
  parts.clock.setForwardMs = -3_600_000;
  await resume(0);
  t.is(starts.at(-1), undefined, 'a checkpoint of the future');
});

test('a job that completes after it has lost its lock leaves the checkpoint and the record of the other run', async (t) => {
  const lost = new AbortController();
  const locks = { tryAcquire: async () => ({ lost: lost.signal, [Symbol.asyncDispose]: async () => undefined }) };
  const parts = jobParts({ locks });
  const others = { startedAtMs: 1, seenAtMs: 2, dryRun: false };
  const losing = jobOf(async ({ checkpoint, progress }) => {
    lost.abort(new Error('lost'));
    await parts.store.putLastRun('tidy', others);
    await parts.store.checkpoint('tidy').save({ value: 'of the other', begunAtMs: 1 });
    parts.clock.nowMs += 60_000;
    progress(1);
    await checkpoint.save('late');
    return {};
  });
  t.like(await parts.runner.run(losing, NOW), { outcome: 'completed' });
  t.deepEqual(await parts.store.lastRun('tidy'), others);
  t.is(await storedCheckpoint(parts), 'of the other');
});

const cyclic: Record<string, unknown> = {};
cyclic['itself'] = cyclic;

for (const [what, report] of [
  ['does not fit into the record', { list: 'x'.repeat(70_000) }],
  ['is not JSON', { cyclic }],
] as const) {
  test(`a run whose report ${what} has completed once, and is stored without it`, async (t) => {
    const parts = jobParts();
    t.is(
      (
        await parts.runner.run(
          jobOf(async () => report),
          NOW,
        )
      ).outcome,
      'completed',
    );
    t.deepEqual(runsOf(parts), { completed: 1 });
    t.like(await parts.store.lastRun('tidy'), { outcome: 'completed', report: undefined });
    t.is(parts.lines.filter(({ msg }) => msg === 'job completed').length, 1);
    t.is(parts.lines.filter(({ msg }) => /^the report of a job/.test(String(msg))).length, 1);
  });
}

test('a run that fails with a very long message is stored with the beginning of it', async (t) => {
  const parts = jobParts();
  const failed = jobOf(() => Promise.reject(new Error('x'.repeat(100_000))));
  t.is((await parts.runner.run(failed, NOW)).outcome, 'failed');
  t.is((await parts.store.lastRun('tidy'))?.problem?.length, 1_000);
});

test('a checkpoint that is too large is refused at once, and fails the job', async (t) => {
  const parts = jobParts();
  const job = jobOf(async ({ checkpoint }) => {
    await checkpoint.save(1);
    await t.throwsAsync(checkpoint.save('x'.repeat(64 * 1024)), { instanceOf: RangeError });
    t.is(await checkpoint.load(), 1);
    return checkpoint.save('x'.repeat(64 * 1024)).then(() => ({}));
  });
  t.is((await parts.runner.run(job, NOW)).outcome, 'failed');
  t.is(await storedCheckpoint(parts), 1);
});

test('a job loads what it saved last, before that is stored', async (t) => {
  const parts = jobParts();
  const job = jobOf(async ({ checkpoint }) => {
    await checkpoint.save(1);
    await checkpoint.save(2);
    t.is(await storedCheckpoint(parts), 1);
    t.is(await checkpoint.load(), 2);
    await checkpoint.clear();
    t.is(await checkpoint.load(), undefined);
    return {};
  });
  t.is((await parts.runner.run(job, NOW)).outcome, 'completed');
});

/** Writes checkpoints when the test lets it. */
class SlowDriver extends MemoryDriver {
  readonly writing = Promise.withResolvers<void>();
  readonly mayWrite = Promise.withResolvers<void>();

  override async write(...args: Parameters<MemoryDriver['write']>): Promise<void> {
    if (args[0].endsWith('/checkpoint')) {
      this.writing.resolve();
      await this.mayWrite.promise;
    }
    return super.write(...args);
  }
}

test('what a job saves while an earlier checkpoint is being stored is stored at the end of a run that fails', async (t) => {
  const driver = new SlowDriver();
  const parts = jobParts({ driver });
  const job = jobOf(async ({ checkpoint }) => {
    const saving = checkpoint.save(1);
    await driver.writing.promise;
    await checkpoint.save(2);
    driver.mayWrite.resolve();
    await saving;
    return failing();
  });
  t.is((await parts.runner.run(job, NOW)).outcome, 'failed');
  t.is(await storedCheckpoint(parts), 2);
});

test('an operator who sets the clock back stops neither checkpoints nor the report of progress', async (t) => {
  const parts = jobParts();
  const saved: unknown[] = [];
  const result = await parts.runner.run(
    stepping(3, async () => {
      saved.push(await storedCheckpoint(parts));
      parts.clock.setForwardMs -= 3_600_000;
      parts.clock.nowMs += 60_000;
    }, []),
    NOW,
  );
  t.deepEqual(saved, [undefined, 1, 2]);
  t.is(parts.lines.filter(({ msg }) => msg === 'job in progress').length, 3);
  t.like(result, { outcome: 'completed', seconds: 180 });
});

test('progress alone is a sign of life that other instances see', async (t) => {
  const parts = jobParts();
  const job = jobOf(async ({ progress }) => {
    const startedAtMs = parts.clock.now();
    parts.clock.nowMs += 4_000;
    progress(1);
    parts.clock.nowMs += 1_000;
    progress(2);
    return { startedAtMs };
  });
  const puts: unknown[] = [];
  const put = parts.store.putLastRun.bind(parts.store);
  parts.store.putLastRun = async (name, run) => {
    puts.push([run.seenAtMs - run.startedAtMs, run.progress?.done, run.outcome]);
    await put(name, run);
  };
  await parts.runner.run(job, NOW);
  t.deepEqual(puts, [
    [0, undefined, undefined],
    [5_000, 2, undefined],
    [5_000, 2, 'completed'],
  ]);
});

test('a registry that becomes read-only stops a job that changes content, and keeps its records as they are', async (t) => {
  let isReadOnly = false;
  const parts = jobParts({ isReadOnly: () => isReadOnly });
  const done: number[] = [];
  const job = stepping(10, (number) => void (isReadOnly = number === 3), done);
  t.deepEqual(await parts.runner.run(job, NOW), { outcome: 'aborted' });
  t.deepEqual(done, [1, 2, 3]);
  t.like(parts.lines.at(-1), { msg: 'job stopped', reason: 'the registry has become read-only' });
  t.is(await storedCheckpoint(parts), 1);
  t.is((await parts.store.lastRun('tidy'))?.outcome, undefined);
  isReadOnly = false;
  const insisting = stepping(3, (number) => void (isReadOnly = number === 1), []);
  t.like(await parts.runner.run(insisting, { ...NOW, evenReadOnly: true }), { outcome: 'completed' });
});
