import { guardDriver } from '../../../../core/driver/index.ts';
import { JobStore } from '../../../../core/storage/job-store.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { content } from '../../../../testing/driver-case.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

const RUN = {
  startedAtMs: 1,
  seenAtMs: 2,
  endedAtMs: 3,
  outcome: 'completed' as const,
  dryRun: false,
  progress: { done: 1, total: 2 },
  report: { removed: 3 },
  succeededAtMs: 3,
};

eachDriver('another process finds the records of a job', async (t, driver) => {
  const [one, two] = [driver, driver].map((shared) => new JobStore(guardDriver(shared), new PathMapper()));
  await one?.putLastRun('tidy', RUN);
  await one?.checkpoint('tidy').save({ repository: 'app' });
  t.deepEqual(await two?.lastRun('tidy'), RUN);
  t.deepEqual(await two?.checkpoint('tidy').load(), { repository: 'app' });
  t.is(await two?.lastRun('other'), undefined);
  t.is(await two?.checkpoint('other').load(), undefined);
  await two?.checkpoint('tidy').clear();
  await two?.checkpoint('tidy').clear();
  t.is(await one?.checkpoint('tidy').load(), undefined);
});

eachDriver('a torn or foreign file counts as absent, and is replaced', async (t, unguarded) => {
  const [driver, paths] = [guardDriver(unguarded), new PathMapper()];
  const store = new JobStore(driver, paths);
  for (const text of ['', '{"startedAtMs": 1, "se', 'null', '[]', '{"startedAtMs": "x", "seenAtMs": 1}']) {
    await driver.write(paths.jobLastRun('tidy'), Buffer.from(text));
    t.is(await store.lastRun('tidy'), undefined, text);
  }
  const odd = { startedAtMs: 1, seenAtMs: 2, outcome: 'odd', endedAtMs: 3, progress: { done: 'x' }, dryRun: 0 };
  await driver.write(paths.jobLastRun('tidy'), Buffer.from(JSON.stringify(odd)));
  t.deepEqual(await store.lastRun('tidy'), { startedAtMs: 1, seenAtMs: 2, dryRun: false });
  await driver.write(paths.jobCheckpoint('tidy'), Buffer.from('{"a'));
  t.is(await store.checkpoint('tidy').load(), undefined);
  await store.checkpoint('tidy').save(7);
  t.is(await store.checkpoint('tidy').load(), 7);
});

eachDriver('a checkpoint of more than 64 KiB is refused, and the previous one stays', async (t, driver) => {
  const checkpoint = new JobStore(guardDriver(driver), new PathMapper()).checkpoint('tidy');
  await checkpoint.save(1);
  await t.throwsAsync(checkpoint.save(content(64 * 1024).toString()), { instanceOf: RangeError });
  t.is(await checkpoint.load(), 1);
});
