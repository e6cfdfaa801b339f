import test from 'ava';
import { atPace } from '../../../../core/async/call-pace.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { ROOT_PATH, type StorageDriver } from '../../../../core/driver/index.ts';
import { GarbageCollection } from '../../../../core/jobs/garbage-collection.ts';
import type { JobRun } from '../../../../core/jobs/job.ts';
import { PacedDriver } from '../../../../core/storage/paced-driver.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { pacedJob } from '../../../../server/jobs/paced-job.ts';
import { content } from '../../../../testing/driver-case.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { type CallSite, DriverWrapper } from '../../../helpers/drivers/driver-wrapper.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { instantClock } from '../../../helpers/running/instant-clock.ts';

const REPOSITORY = name('team/app');
const HOUR_MS = 3_600_000;

/** Hands every call to the test. */
class HeardDriver extends DriverWrapper {
  onCall = (_site: CallSite): void => undefined;

  protected override around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.onCall(site);
    return action();
  }
}

/** A collection on a storage with ten blobs that nothing needs, whose calls are counted. */
async function collection(driver: StorageDriver) {
  const core = composeCore(driver);
  for (let count = 0; count < 10; count += 1) await pushBlob(core.layers, REPOSITORY, content(100, count));
  const heard = new HeardDriver(new OldFiles(driver));
  const { collector, layers } = composeCore(new PacedDriver(heard));
  const options = { graceMs: HOUR_MS, deletesUntagged: false, wait: async () => undefined };
  return {
    job: new GarbageCollection(collector, options),
    heard,
    hasBlob: (count: number) => layers.exists(REPOSITORY, digestOf(content(100, count))),
  };
}

test('a collection makes at most so many calls in a second, and removes all the same', async (t) => {
  const { job, heard } = await collection(new MemoryDriver());
  let calls = 0;
  heard.onCall = () => {
    calls += 1;
  };
  const startedAt = performance.now();
  const report = await pacedJob(job, 1_000).run(jobRun());
  const seconds = (performance.now() - startedAt) / 1_000;
  t.like(report, { removedContents: 10, removedLinks: 10 });
  t.true(calls >= 100, `${calls} calls`);
  // What passes in 10 milliseconds, and the last call of each of 32 at the same time, may be ahead.
  t.true(calls <= seconds * 1_000 + 10 + 32, `${calls} calls in ${seconds} s`);
});

test('every call of a collection to the storage takes a turn', async (t) => {
  const { job, heard } = await collection(new MemoryDriver());
  let [calls, turns] = [0, 0];
  heard.onCall = ({ call }) => {
    // A writer takes a turn when it is opened.
    if (call !== 'append' && call !== 'commit') calls += 1;
  };
  const { signal } = new AbortController();
  const onCall = (): void => {
    turns += 1;
  };
  await atPace({ callsPerSecond: 1, signal, clock: instantClock(), onCall }, () => job.run(jobRun()));
  t.is(turns, calls);
});

test('a run that waits for its next call gives signs of life, with what it told last', async (t) => {
  const driver = new PacedDriver(new MemoryDriver());
  const job = {
    name: 'stub',
    summary: 'works',
    changes: false,
    run: async ({ progress }: JobRun) => {
      progress(3, 10);
      await driver.stat(ROOT_PATH);
      return {};
    },
  };
  const told: unknown[][] = [];
  await pacedJob(job, 1_000).run(jobRun({ progress: (...now) => told.push(now) }));
  t.deepEqual(told, [
    [3, 10],
    [3, 10],
  ]);
});

test('a run that is stopped waits for no further call, and puts back what it has set aside', async (t) => {
  const { job, heard, hasBlob } = await collection(new MemoryDriver());
  const stopping = new AbortController();
  heard.onCall = ({ call }) => {
    if (call === 'move') stopping.abort(new Error('enough'));
  };
  await t.throwsAsync(pacedJob(job, 200).run(jobRun({ signal: stopping.signal })), { message: 'enough' });
  for (let count = 0; count < 10; count += 1) t.true(await hasBlob(count));
});

test('a request that shares a look for collections with a job does not wait for the turn of the job', async (t) => {
  const { blobs } = composeCore(new PacedDriver(new MemoryDriver()));
  const never = { monotonic: () => 0, wait: () => new Promise<void>(() => undefined) };
  const { signal } = new AbortController();
  const digest = digestOf(content(100, 1));
  const looking = atPace({ callsPerSecond: 1, signal, clock: never }, () => blobs.collections.isCandidate(digest));
  t.false(await blobs.collections.isCandidate(digest));
  t.false(await looking);
});

test('without a limit, a job is what it was', async (t) => {
  const { job } = await collection(new MemoryDriver());
  t.is(pacedJob(job, undefined), job);
});
