import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import type { JobRun } from '../../../../core/jobs/job.ts';
import { CollectionEndedError } from '../../../../core/registry/local/collection/sweeper.ts';
import { MIN_GRACE_MS } from '../../../../core/storage/collection/collection-guard.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content } from '../../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import type { CallSite } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

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

const SIGNS = { signal: new AbortController().signal, onStep: () => undefined };
const OPTIONS = { graceMs: MIN_GRACE_MS, deletesUntagged: true, ...SIGNS };
const looksForOthers = ({ call, path }: CallSite): boolean => call === 'list' && path.endsWith('/gc/collections');

eachDriver(
  'of two collections that become known at the same time, the one with the greater id continues',
  async (t, driver) => {
    await collectorOf(driver, 5);
    const drivers = [new GatedDriver(driver), new GatedDriver(driver)];
    const gates = drivers.map((gated) => gated.holdNext(looksForOthers));
    const begun = [];
    for (const [index, gated] of drivers.entries()) {
      const { collector } = await collectorOf(gated, 0);
      begun.push({ collector, beginning: collector.begin(await collector.search(OPTIONS), SIGNS) });
      await gates[index]?.reached;
    }
    for (const gate of gates) gate.open();
    const [one, other] = begun;
    await t.throwsAsync(async () => one?.beginning, { instanceOf: CollectionEndedError });
    const last = await other?.beginning;
    t.is(last && (await other?.collector.complete(last, OPTIONS))?.blobs, 5);
  },
);

eachDriver('a manifest that an ended collection puts back late is not left without its blobs', async (t, driver) => {
  const core = composeCore(driver);
  const [config, repository] = [content(20, 1), name('team/app')];
  const bytes = imageManifest({ config: descriptorOf(config), layers: [] });
  await pushBlob(core.layers, repository, config);
  const digest = digestOf(bytes);
  await core.manifests.put(repository, { kind: 'digest', digest }, { bytes, contentType: undefined });

  const [ended, rival] = [new GatedDriver(driver), new GatedDriver(driver)];
  const [one, other] = [(await collectorOf(ended, 0)).collector, (await collectorOf(rival, 0)).collector];
  const first = await one.begin(await one.search(OPTIONS), SIGNS);
  const take = ended.holdNext(({ call }) => call === 'move');
  const completing = one.complete(first, OPTIONS);
  await take.reached;
  const last = await other.begin(await other.search(OPTIONS), SIGNS);

  const putBack = ended.holdNext(({ call }) => call === 'move');
  const taken = ended.holdNext(({ call, path }) => call === 'stat' && path.endsWith('/filter'));
  take.open();
  await taken.reached;
  const look = rival.holdNext(looksForOthers);
  const removing = other.complete(last, OPTIONS);
  await look.reached;
  taken.open();
  putBack.open();
  await t.throwsAsync(completing, { instanceOf: CollectionEndedError });
  look.open();
  t.like(await removing, { untagged: [{ name: repository, digest }] });
  t.deepEqual([...(await storedFiles(driver)).keys()], []);
});

eachDriver('a request that puts back what an ended collection has taken leaves a trace of that', async (t, driver) => {
  const { collections, blobs, layers, paths } = composeCore(driver);
  const blob = content(20, 1);
  const digest = digestOf(blob);
  await pushBlob(layers, name('team/app'), blob);
  await collections.publish('a', new Set([digest]));
  blobs.collections.expire();
  await blobs.collections.keep(digest);
  await collections.unpublish('a');
  await collections.remove('a');
  await collections.setAside('a', paths.blobData(digest), { durable: true });
  t.is(await blobs.size(digest), 20);
  t.deepEqual(await collections.ids(), ['a']);
  t.true(await collections.isKept('a', digest));
});

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
