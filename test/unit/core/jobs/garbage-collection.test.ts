import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { ForwardingDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryCheckpoint } from '../../../../core/jobs/checkpoint-store.ts';
import { GarbageCollection } from '../../../../core/jobs/garbage-collection.ts';
import { JobUnsupportedError } from '../../../../core/jobs/job-unsupported-error.ts';
import { RegistryErrors } from '../../../../core/model/errors.ts';
import { CollectionEndedError } from '../../../../core/registry/local/collection/sweeper.ts';
import { MIN_GRACE_MS } from '../../../../core/storage/collection/collection-guard.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content, drain } from '../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import type { CallSite } from '../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const OTHER = name('other');
const CONFIG = content(20, 1);
const LAYER = content(3_000, 2);
const GARBAGE = content(5_000, 3);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const WITH_GARBAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(GARBAGE)] });
const manifest = (bytes: Buffer) => ({ bytes, contentType: undefined });
const byDigest = (bytes: Buffer) => ({ kind: 'digest', digest: digestOf(bytes) }) as const;

/** A registry with a tagged image, and a blob that no manifest names. */
async function withGarbage(driver: StorageDriver): Promise<CoreParts> {
  const core = composeCore(driver);
  for (const bytes of [CONFIG, LAYER, GARBAGE]) await pushBlob(core.layers, REPOSITORY, bytes);
  await core.manifests.put(REPOSITORY, tagged('v1'), manifest(IMAGE));
  return core;
}

/** A process that collects garbage in a storage in which everything is old. */
function collectorOn(driver: StorageDriver): CoreParts {
  return composeCore(new OldFiles(driver));
}

const hasGarbage = ({ layers }: CoreParts): Promise<boolean> => layers.exists(REPOSITORY, digestOf(GARBAGE));

async function assertImage(t: ExecutionContext, { manifests, layers }: CoreParts, image = IMAGE): Promise<void> {
  t.deepEqual((await manifests.get(REPOSITORY, byDigest(image))).bytes, image);
  for (const bytes of image === IMAGE ? [CONFIG, LAYER] : [CONFIG, GARBAGE])
    t.deepEqual(await drain(await (await layers.fetch(REPOSITORY, digestOf(bytes))).open()), bytes);
}

eachDriver('what no manifest needs is removed with its link, and the report says how much', async (t, driver) => {
  const core = await withGarbage(driver);
  const dry = await collectGarbage(collectorOn(driver), { dryRun: true });
  t.like(dry, { removedContents: 1, freedBytes: GARBAGE.byteLength, removedLinks: 1 });
  t.true(await hasGarbage(core));
  const report = await collectGarbage(collectorOn(driver));
  t.deepEqual(report, {
    repositories: 2,
    manifests: 1,
    contents: 4,
    removedContents: 1,
    freedBytes: GARBAGE.byteLength,
    removedLinks: 1,
    removedManifests: 0,
    removedRepositories: 0,
    young: 0,
    kept: 0,
    unclear: [],
    freedFrom: { [REPOSITORY]: GARBAGE.byteLength },
  });
  t.false(await hasGarbage(core));
  await assertImage(t, core);
  const paths = [...(await storedFiles(driver)).keys()];
  t.false(paths.some((path) => path.includes('/_jobs/')));
});

eachDriver('what was pushed within the grace stays', async (t, driver) => {
  const core = await withGarbage(driver);
  t.like(await collectGarbage(core), { removedContents: 0, removedLinks: 0 });
  t.true(await hasGarbage(core));
});

eachDriver(
  'a blob that a client looked up while it was about to go stays until the next collection',
  async (t, driver) => {
    const core = await withGarbage(driver);
    const meanwhile = async (): Promise<void> => {
      core.blobs.collections.expire();
      t.true(await hasGarbage(core));
    };
    t.like(await collectGarbage(collectorOn(driver), { meanwhile }), { removedContents: 0, removedLinks: 0 });
    t.true(await hasGarbage(core));
    t.like(await collectGarbage(collectorOn(driver)), { removedContents: 1 });
  },
);

eachDriver(
  'a manifest that is pushed after the search keeps what it needs, whoever knows the collection',
  async (t, driver) => {
    const core = await withGarbage(driver);
    const meanwhile = () => core.manifests.put(REPOSITORY, tagged('v2'), manifest(WITH_GARBAGE));
    await collectGarbage(collectorOn(driver), { meanwhile });
    await assertImage(t, core, WITH_GARBAGE);
  },
);

for (const at of ['move', 'list'] as const) {
  eachDriver(
    `a push during the removal of its blob, before the ${at}, keeps the blob or hears that it is gone`,
    async (t, driver) => {
      const core = await withGarbage(driver);
      const gated = new GatedDriver(driver);
      const gate = gated.holdNext(
        ({ call, path }) =>
          call === at &&
          (at === 'list' ? path.endsWith('/kept/sha256') : path.endsWith(`${digestOf(GARBAGE).slice(7)}/data`)),
      );
      const collected = collectGarbage(collectorOn(gated), { meanwhile: async () => core.blobs.collections.expire() });
      await gate.reached;
      const pushed = await core.manifests.put(REPOSITORY, tagged('v2'), manifest(WITH_GARBAGE)).then(
        () => true,
        (error: unknown) => {
          t.true(error instanceof RegistryErrors);
          return false;
        },
      );
      gate.open();
      await collected;
      if (pushed) await assertImage(t, core, WITH_GARBAGE);
      else t.false(await hasGarbage(core));
    },
  );
}

eachDriver(
  'what a killed collection has set aside is there for whoever asks, and for the next collection',
  async (t, driver) => {
    const core = await withGarbage(driver);
    // A collection asks whether it is still published after it has set links aside, and again after it has blobs.
    const isCheck = ({ call, path }: CallSite): boolean => call === 'stat' && path.endsWith('/filter');
    const killedAt = async (check: number): Promise<void> => {
      const gated = new GatedDriver(driver);
      const gates = Array.from({ length: check }, () => gated.holdNext(isCheck));
      for (const gate of gates.slice(0, -1)) gate.open();
      void collectGarbage(collectorOn(gated), { meanwhile: async () => core.blobs.collections.expire() });
      await gates.at(-1)?.reached;
      t.true([...(await storedFiles(driver)).keys()].some((path) => path.includes('/aside/')));
    };
    await killedAt(1);
    t.true(await hasGarbage(core));
    await killedAt(2);
    t.deepEqual(await drain(await core.blobs.open(digestOf(GARBAGE))), GARBAGE);
    t.like(await collectGarbage(collectorOn(driver)), { removedContents: 1 });
  },
);

eachDriver(
  'a run that was stopped is resumed: it removes what it had found, without a new search',
  async (t, driver) => {
    const core = await withGarbage(driver);
    const checkpoint = new MemoryCheckpoint();
    const stopping = new AbortController();
    const meanwhile = async (): Promise<void> => stopping.abort(new Error('enough'));
    const { signal } = stopping;
    await t.throwsAsync(collectGarbage(collectorOn(driver), { checkpoint, signal, meanwhile }), { message: 'enough' });
    await pushBlob(core.layers, REPOSITORY, content(70, 9));
    t.like(await collectGarbage(collectorOn(driver), { checkpoint }), { removedContents: 1, manifests: 0 });
    t.false(await hasGarbage(core));
    t.true(await core.layers.exists(REPOSITORY, digestOf(content(70, 9))));
  },
);

eachDriver('the collection that begins last ends the other one, which removes nothing more', async (t, driver) => {
  await withGarbage(driver);
  // The inner one removes everything, so the outer one finds nothing to set aside.
  const meanwhile = () => collectGarbage(collectorOn(driver));
  t.like(await collectGarbage(collectorOn(driver), { meanwhile }), { removedContents: 0 });
  const core = await withGarbage(driver);
  const ends = (): Promise<number> =>
    core.collector.endOthers(undefined, { signal: new AbortController().signal, onStep: () => undefined });
  await t.throwsAsync(collectGarbage(collectorOn(driver), { meanwhile: ends }), { instanceOf: CollectionEndedError });
  t.true(await hasGarbage(core));
});

eachDriver(
  'manifests without a tag stay, unless they are to be deleted; children and referrers follow',
  async (t, driver) => {
    const core = await withGarbage(driver);
    const index = imageIndex([descriptorOf(WITH_GARBAGE)]);
    const signature = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(index) });
    const ofSignature = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(signature) });
    for (const bytes of [WITH_GARBAGE, index, signature, ofSignature])
      await core.manifests.put(REPOSITORY, byDigest(bytes), manifest(bytes));
    await core.manifests.put(REPOSITORY, tagged('index'), manifest(index));
    t.like(await collectGarbage(collectorOn(driver)), { removedContents: 0, removedManifests: 0 });
    t.like(await collectGarbage(collectorOn(driver), { deletesUntagged: true }), { removedManifests: 0 });
    await core.manifests.delete(REPOSITORY, tagged('index'));
    t.like(await collectGarbage(collectorOn(driver)), { removedContents: 0, removedManifests: 0 });
    t.like(await collectGarbage(collectorOn(driver), { deletesUntagged: true }), {
      removedManifests: 4,
      removedContents: 5,
    });
    const { items } = await core.registry.referrers.list(REPOSITORY, digestOf(index), {
      limit: 9,
      after: undefined,
      artifactTypes: [],
    });
    t.deepEqual(items, []);
    await assertImage(t, core);
  },
);

eachDriver('a manifest that an index names while it is about to go keeps its layers as well', async (t, driver) => {
  const core = await withGarbage(driver);
  await core.manifests.put(REPOSITORY, byDigest(WITH_GARBAGE), manifest(WITH_GARBAGE));
  const index = imageIndex([descriptorOf(WITH_GARBAGE)]);
  const gated = new GatedDriver(driver);
  const gate = gated.holdNext(({ call, path }) => call === 'move' && path.includes('/revisions/'));
  const collected = collectGarbage(collectorOn(gated), { deletesUntagged: true });
  await gate.reached;
  core.blobs.collections.expire();
  await core.manifests.put(REPOSITORY, tagged('index'), manifest(index));
  gate.open();
  t.like(await collected, { removedManifests: 0, removedContents: 0 });
  await assertImage(t, core, WITH_GARBAGE);
});

eachDriver('a repository with nothing left leaves the catalog, and others below its name stay', async (t, driver) => {
  const core = await withGarbage(driver);
  await pushBlob(core.layers, OTHER, GARBAGE);
  const nothing = imageIndex([]);
  await core.manifests.put(OTHER, tagged('v1'), manifest(nothing));
  await core.manifests.put(name('other/below'), tagged('v1'), manifest(nothing));
  await core.manifests.delete(OTHER, byDigest(nothing));
  await collectGarbage(collectorOn(driver));
  const { items } = await core.catalog.list({ limit: 9, after: undefined });
  t.deepEqual(items, [name('other/below'), REPOSITORY]);
});

eachDriver('everything of a repository with a damaged manifest stays', async (t, driver) => {
  const core = await withGarbage(driver);
  await driver.write(core.paths.blobData(digestOf(IMAGE)), Buffer.from('damaged'));
  t.like(await collectGarbage(collectorOn(driver)), { removedContents: 0, unclear: [REPOSITORY] });
  t.true(await hasGarbage(composeCore(driver)));
  await driver.move(core.paths.blobData(digestOf(IMAGE)), core.paths.quarantineEntry(digestOf(IMAGE), 'id'));
  t.like(await collectGarbage(collectorOn(driver)), { removedContents: 0, unclear: [REPOSITORY] });
});

eachDriver(
  'layers stay that were pushed since the oldest unfinished upload of their repository began',
  async (t, driver) => {
    const core = await withGarbage(driver);
    await using upload = await core.layers.upload(REPOSITORY);
    await upload.append({
      body: (async function* () {
        yield content(10, 5);
      })(),
    });
    await upload.close();
    t.like(await collectGarbage(core), { removedContents: 0 });
    t.true(await hasGarbage(core));
  },
);

test('a storage whose lists may be out of date is not collected', async (t) => {
  const core = composeCore(new ForwardingDriver(new MemoryDriver(), { strongListing: false }));
  await t.throwsAsync(collectGarbage(core), { instanceOf: JobUnsupportedError });
});

test('a run waits for the grace, at least for that of the protocol, and gives signs of life', async (t) => {
  const driver = new MemoryDriver();
  await withGarbage(driver);
  let [waitedMs, signs] = [0, 0];
  const wait = async (ms: number): Promise<void> => void (waitedMs += ms);
  const job = new GarbageCollection(collectorOn(driver).collector, { graceMs: 0, deletesUntagged: false, wait });
  await job.run(jobRun({ progress: () => void (signs += 1) }));
  t.is(waitedMs, MIN_GRACE_MS);
  t.true(signs > 3);
});
