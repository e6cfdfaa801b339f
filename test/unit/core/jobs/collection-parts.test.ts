import test from 'ava';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import type { JobRun } from '../../../../core/jobs/job.ts';
import { CollectionEndedError } from '../../../../core/registry/local/collection/sweeper.ts';
import { MIN_GRACE_MS } from '../../../../core/storage/collection/collection-guard.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content } from '../../../../testing/driver-case.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';

/** A process that collects garbage in a storage with so many blobs that nothing needs, in many repositories. */
async function collectorOf(driver: StorageDriver, blobs: number): Promise<CoreParts> {
  const core = composeCore(driver);
  for (let count = 0; count < blobs; count += 1)
    await pushBlob(core.layers, name(`team-${count % 7}/app-${count % 11}`), content(10, count));
  return composeCore(new OldFiles(driver));
}

eachDriver('a search and a removal tell what part of them is done, never less than before', async (t, driver) => {
  const { collector } = await collectorOf(driver, 200);
  const parts: number[] = [];
  const options = {
    graceMs: MIN_GRACE_MS,
    deletesUntagged: false,
    signal: new AbortController().signal,
    onStep: (part: number) => void parts.push(part),
  };
  const assertParts = (): void => {
    const told = parts.splice(0);
    t.deepEqual(
      told,
      told.toSorted((one, other) => one - other),
    );
    t.true(new Set(told).size > 20, `${told.length} parts`);
    t.true((told[0] ?? -1) >= 0 && (told.at(-1) ?? 2) <= 1);
    t.true((told.at(-1) ?? 0) > 0.75);
  };
  const search = await collector.search(options);
  assertParts();
  const collection = await collector.begin(search, { signal: options.signal, onStep: () => undefined });
  t.is((await collector.complete(collection, options)).blobs, 200);
  assertParts();
});

eachDriver(
  'of two collections that begin without knowing of each other, only the last one removes anything',
  async (t, driver) => {
    const [one, other] = [(await collectorOf(driver, 5)).collector, (await collectorOf(driver, 0)).collector];
    const signs = { signal: new AbortController().signal, onStep: () => undefined };
    const options = { graceMs: MIN_GRACE_MS, deletesUntagged: true, ...signs };
    for (const collector of [one, other]) await collector.endOthers(undefined, signs);
    const searches = [await one.search(options), await other.search(options)] as const;
    const first = await one.begin(searches[0], signs);
    const last = await other.begin(searches[1], signs);
    await t.throwsAsync(one.complete(first, options), { instanceOf: CollectionEndedError });
    t.is((await other.complete(last, options)).blobs, 5);
  },
);

test('while a collection waits, its progress says when it ends', async (t) => {
  const core = await collectorOf(new MemoryDriver(), 1);
  let told: Parameters<JobRun['progress']> = [0];
  let waiting: typeof told | undefined;
  const progress: JobRun['progress'] = (...now) => {
    told = now;
  };
  const meanwhile = async (): Promise<void> => {
    waiting = told;
  };
  await collectGarbage(core, { meanwhile, progress });
  const [done = 0, total = 0, secondsLeft = 0] = waiting ?? [];
  t.true(secondsLeft >= 3_600 && secondsLeft < 3_700, `${secondsLeft}`);
  t.true(Math.abs(total - done - secondsLeft) <= 1);
  t.true((told[2] ?? 1) < 5, 'the removal has ended');
});
