import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import { UntaggedStore } from '../../../../core/storage/collection/untagged-store.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { type CollectOptions, collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { type CoreParts, composeCore, composeCoreWithTrash } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const OTHER = name('other');
const CONFIG = Buffer.from('{}');
const LAYER = Buffer.from('layer');
const UNTAGGED_LAYER = Buffer.from('untagged layer');
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const UNTAGGED = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(UNTAGGED_LAYER)] });
const manifest = (bytes: Buffer) => ({ bytes, contentType: undefined });
const byDigest = (bytes: Buffer) => reference(digestOf(bytes));

/** A registry with a tagged image, and the layer of another one. */
async function withImage(core: CoreParts): Promise<CoreParts> {
  for (const bytes of [CONFIG, LAYER, UNTAGGED_LAYER]) await pushBlob(core.layers, REPOSITORY, bytes);
  await core.manifests.put(REPOSITORY, tagged('v1'), manifest(IMAGE));
  return core;
}

/** A process that collects garbage in a storage in which everything is old. */
function collectorOn(driver: StorageDriver): CoreParts {
  return composeCore(new OldFiles(driver));
}

async function assertImage(t: ExecutionContext, { manifests, layers }: CoreParts): Promise<void> {
  t.deepEqual((await manifests.get(REPOSITORY, tagged('v1'))).bytes, IMAGE);
  for (const bytes of [CONFIG, LAYER]) t.true(await layers.exists(REPOSITORY, digestOf(bytes)));
}

const DAY = 24 * 60 * 60 * 1000;

/** Manifests stay for a day without a tag. */
function untaggedOn(core: CoreParts): Pick<CollectOptions, 'untagged'> & { readonly store: UntaggedStore } {
  const store = core.container.get(UntaggedStore);
  return { store, untagged: { store, afterMs: (repository) => (repository === OTHER ? undefined : DAY) } };
}

/** Makes a week pass. */
async function passWeek(store: UntaggedStore): Promise<void> {
  const times = [...(await store.read(REPOSITORY))].map(([digest, ms]) => [digest, ms - 7 * DAY] as const);
  await store.write(REPOSITORY, new Map(times));
}

eachDriver(
  'a manifest goes a day after it was first found without a tag, with what belongs to it',
  async (t, driver) => {
    const core = await withImage(composeCore(driver));
    const index = imageIndex([descriptorOf(UNTAGGED)]);
    const signature = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(index) });
    for (const bytes of [UNTAGGED, index, signature])
      await core.manifests.put(REPOSITORY, byDigest(bytes), manifest(bytes));
    await core.manifests.put(REPOSITORY, tagged('index'), manifest(index));
    const { store, untagged } = untaggedOn(core);
    const collect = (): Promise<unknown> => collectGarbage(collectorOn(driver), { untagged });
    t.like(await collect(), { removedManifests: 0 });
    t.is((await store.read(REPOSITORY)).size, 0);
    await core.manifests.delete(REPOSITORY, tagged('index'));
    t.like(await collect(), { removedManifests: 0 });
    t.is((await store.read(REPOSITORY)).size, 3);
    // A tag in between ends the time.
    await core.manifests.put(REPOSITORY, tagged('index'), manifest(index));
    await passWeek(store);
    t.like(await collect(), { removedManifests: 0 });
    await core.manifests.delete(REPOSITORY, tagged('index'));
    t.like(await collect(), { removedManifests: 0 });
    await passWeek(store);
    t.like(await collect(), { removedManifests: 3 });
    t.like(await collect(), { removedManifests: 0 });
    t.is((await store.read(REPOSITORY)).size, 0);
    await assertImage(t, core);
  },
);

eachDriver('a child whose time is over stays until that of its index is', async (t, driver) => {
  const core = await withImage(composeCore(driver));
  await core.manifests.put(REPOSITORY, byDigest(UNTAGGED), manifest(UNTAGGED));
  const { store, untagged } = untaggedOn(core);
  const collect = (): Promise<unknown> => collectGarbage(collectorOn(driver), { untagged });
  await collect();
  await passWeek(store);
  const index = imageIndex([descriptorOf(UNTAGGED)]);
  await core.manifests.put(REPOSITORY, byDigest(index), manifest(index));
  t.like(await collect(), { removedManifests: 0 });
  await passWeek(store);
  t.like(await collect(), { removedManifests: 2 });
});

eachDriver(
  'a manifest that gets a tag during the collection stays, and one in another repository for ever',
  async (t, driver) => {
    const core = await withImage(composeCore(driver));
    const { store, untagged } = untaggedOn(core);
    for (const bytes of [CONFIG, UNTAGGED_LAYER]) await pushBlob(core.layers, OTHER, bytes);
    for (const repository of [REPOSITORY, OTHER])
      await core.manifests.put(repository, byDigest(UNTAGGED), manifest(UNTAGGED));
    await collectGarbage(collectorOn(driver), { untagged });
    await passWeek(store);
    const meanwhile = () => core.manifests.put(REPOSITORY, tagged('back'), manifest(UNTAGGED));
    t.like(await collectGarbage(collectorOn(driver), { untagged, meanwhile }), { removedManifests: 0 });
    t.like(await collectGarbage(collectorOn(driver), { untagged }), { removedManifests: 0 });
    await core.manifests.delete(REPOSITORY, tagged('back'));
    t.like(await collectGarbage(collectorOn(driver), { untagged }), { removedManifests: 0 });
    await passWeek(store);
    t.like(await collectGarbage(collectorOn(driver), { untagged }), { removedManifests: 1, removedContents: 0 });
    t.true(await core.manifests.exists(OTHER, byDigest(UNTAGGED)));
  },
);

eachDriver(
  'a resumed collection removes only what goes by the rules of the run that completes it',
  async (t, driver) => {
    const core = await withImage(composeCore(driver));
    const { store, untagged } = untaggedOn(core);
    await core.manifests.put(REPOSITORY, byDigest(UNTAGGED), manifest(UNTAGGED));
    await collectGarbage(collectorOn(driver), { untagged });
    await passWeek(store);
    const checkpoint = new MemoryCheckpoint();
    const stopping = new AbortController();
    const meanwhile = async (): Promise<void> => stopping.abort(new Error('enough'));
    const { signal } = stopping;
    const stopped = collectGarbage(collectorOn(driver), { untagged, checkpoint, signal, meanwhile });
    await t.throwsAsync(stopped, { message: 'enough' });
    const longer = { store, afterMs: () => 30 * DAY };
    t.like(await collectGarbage(collectorOn(driver), { untagged: longer, checkpoint }), { removedManifests: 0 });
    t.true(await core.manifests.exists(REPOSITORY, byDigest(UNTAGGED)));
    t.like(await collectGarbage(collectorOn(driver), { untagged }), { removedManifests: 1 });
  },
);

eachDriver('times of repositories that are gone are forgotten', async (t, driver) => {
  const core = await withImage(composeCore(driver));
  const { store, untagged } = untaggedOn(core);
  await store.write(name('gone/app'), new Map([[digestOf(UNTAGGED_LAYER), 0]]));
  await collectGarbage(collectorOn(driver), { untagged });
  t.deepEqual(
    [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/untagged/')),
    [],
  );
  await assertImage(t, core);
});

eachDriver('where deletions are kept, a manifest whose time without a tag is over can come back', async (t, driver) => {
  const core = composeCoreWithTrash(new OldFiles(driver), { keepMs: 30 * DAY });
  await withImage(core);
  await core.manifests.put(REPOSITORY, byDigest(UNTAGGED), manifest(UNTAGGED));
  const { store, untagged } = untaggedOn(core);
  await collectGarbage(core, { untagged });
  await passWeek(store);
  t.like(await collectGarbage(core, { untagged }), { removedManifests: 1 });
  t.false(await core.manifests.exists(REPOSITORY, byDigest(UNTAGGED)));
  await core.undeleter.undelete(REPOSITORY, byDigest(UNTAGGED), { isForced: false });
  t.deepEqual((await core.manifests.get(REPOSITORY, byDigest(UNTAGGED))).bytes, UNTAGGED);
});
