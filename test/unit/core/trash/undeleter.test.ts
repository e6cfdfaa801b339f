import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver, StoragePath } from '../../../../core/driver/index.ts';
import { RegistryError, RegistryErrors } from '../../../../core/model/errors.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content, drain } from '../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { composeCoreWithTrash } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const HOUR_MS = 60 * 60 * 1000;
const KEEP_MS = 72 * HOUR_MS;
const CONFIG = content(20, 1);
const LAYER = content(3_000, 2);
const GARBAGE = content(5_000, 3);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const OTHER = imageManifest({ config: descriptorOf(CONFIG), layers: [] });
const INDEX = imageIndex([descriptorOf(IMAGE, OCI_IMAGE_MANIFEST)]);
const SIGNATURE = json({
  ...(JSON.parse(OTHER.toString()) as object),
  subject: descriptorOf(INDEX, 'application/vnd.oci.image.index.v1+json'),
});
const manifest = (bytes: Buffer) => ({ bytes, contentType: undefined });
const byDigest = (bytes: Buffer) => ({ kind: 'digest', digest: digestOf(bytes) }) as const;
const PLAIN = { isForced: false };

type Core = ReturnType<typeof composeCoreWithTrash>;

/** A registry whose files are old, so that a collection waits for none of them. */
async function withImage(driver: StorageDriver, now: () => number = Date.now): Promise<Core> {
  const core = composeCoreWithTrash(new OldFiles(driver), { keepMs: KEEP_MS, now });
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, REPOSITORY, bytes);
  await core.manifests.put(REPOSITORY, tagged('image'), manifest(IMAGE));
  return core;
}

async function assertPullable(t: ExecutionContext, { registry }: Core, tag: string, bytes = IMAGE): Promise<void> {
  t.deepEqual((await registry.manifests.get(REPOSITORY, tagged(tag))).bytes, bytes);
  for (const blob of [CONFIG, LAYER])
    t.deepEqual(await drain(await (await registry.layers.fetch(REPOSITORY, digestOf(blob))).open()), blob);
}

eachDriver('a deleted manifest comes back with its tags after collections', async (t, driver) => {
  const core = await withImage(driver);
  await core.manifests.put(REPOSITORY, tagged('second'), manifest(IMAGE));
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE), { actor: { name: 'jane' } });
  t.false(await core.registry.manifests.exists(REPOSITORY, byDigest(IMAGE)));
  for (const deletesUntagged of [false, true]) await collectGarbage(core, { deletesUntagged });
  const back = await core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), PLAIN);
  t.deepEqual(back, {
    manifests: [digestOf(IMAGE)],
    tags: [parseTag('image'), parseTag('second')],
    blobs: [],
  });
  for (const tag of ['image', 'second']) await assertPullable(t, core, tag);
  await t.throwsAsync(core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), PLAIN), {
    instanceOf: RegistryError,
    message: /MANIFEST_UNKNOWN.*not in the trash/,
  });
});

eachDriver('an index comes back with children and referrers, whoever deleted them', async (t, driver) => {
  const core = await withImage(driver);
  await core.manifests.put(REPOSITORY, tagged('index'), manifest(INDEX));
  await core.manifests.put(REPOSITORY, byDigest(SIGNATURE), manifest(SIGNATURE));
  for (const bytes of [SIGNATURE, INDEX, IMAGE]) await core.manifests.delete(REPOSITORY, byDigest(bytes));
  await collectGarbage(core, { deletesUntagged: true });
  const { manifests, tags } = await core.undeleter.undelete(REPOSITORY, tagged('index'), PLAIN);
  t.deepEqual(manifests.toSorted(), [IMAGE, INDEX, SIGNATURE].map((bytes) => digestOf(bytes)).toSorted());
  t.deepEqual(tags.map(String), ['index']);
  t.deepEqual((await core.registry.manifests.get(REPOSITORY, tagged('index'))).bytes, INDEX);
  t.deepEqual((await core.registry.manifests.get(REPOSITORY, byDigest(IMAGE))).bytes, IMAGE);
  const { items } = await core.registry.referrers.list(REPOSITORY, digestOf(INDEX), {
    artifactTypes: [],
    after: undefined,
    limit: 10,
  });
  t.deepEqual(
    items.map(({ digest }) => digest),
    [digestOf(SIGNATURE)],
  );
});

eachDriver('a deleted tag keeps its manifest from a collection of untagged ones, and comes back', async (t, driver) => {
  const core = await withImage(driver);
  await core.manifests.delete(REPOSITORY, tagged('image'));
  await collectGarbage(core, { deletesUntagged: true });
  const { tags } = await core.undeleter.undelete(REPOSITORY, tagged('image'), PLAIN);
  t.deepEqual(tags.map(String), ['image']);
  await assertPullable(t, core, 'image');
});

eachDriver('a manifest that a collection removes comes back by its digest', async (t, driver) => {
  const core = composeCoreWithTrash(new OldFiles(driver), { keepMs: KEEP_MS });
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, REPOSITORY, bytes);
  await core.manifests.put(REPOSITORY, byDigest(IMAGE), manifest(IMAGE));
  t.like(await collectGarbage(core, { deletesUntagged: true }), { removedManifests: 1, removedContents: 0 });
  t.false(await core.registry.manifests.exists(REPOSITORY, byDigest(IMAGE)));
  await collectGarbage(core, { deletesUntagged: true });
  await core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), PLAIN);
  t.deepEqual((await core.registry.manifests.get(REPOSITORY, byDigest(IMAGE))).bytes, IMAGE);
});

eachDriver('a blob that a collection has swept comes back with its links', async (t, driver) => {
  const core = await withImage(driver);
  for (const repository of [REPOSITORY, name('other')]) await pushBlob(core.layers, repository, GARBAGE);
  const report = await collectGarbage(core);
  t.like(report, { removedContents: 1, removedLinks: 2, trashRemoved: 0 });
  t.true((report.trashBytes ?? 0) >= GARBAGE.byteLength);
  t.false(await core.layers.exists(REPOSITORY, digestOf(GARBAGE)));
  const back = await core.undeleter.undeleteContent(digestOf(GARBAGE));
  t.true(back.wasSwept);
  t.deepEqual([...back.repositories].map(String).toSorted(), ['other', 'team/app']);
  for (const repository of [REPOSITORY, name('other')])
    t.deepEqual(await drain(await (await core.layers.fetch(repository, digestOf(GARBAGE))).open()), GARBAGE);
  await t.throwsAsync(core.undeleter.undeleteContent(digestOf(GARBAGE)), { message: /BLOB_UNKNOWN/ });
});

eachDriver('a link in the trash whose content an emptying has removed is not brought back', async (t, driver) => {
  const core = await withImage(driver);
  await pushBlob(core.layers, REPOSITORY, GARBAGE);
  await collectGarbage(core);
  const files = [...(await storedFiles(driver)).keys()];
  const swept = files.filter((path) => path.includes('/_trash/') && path.endsWith('/data'));
  for (const path of swept) await driver.delete(path as StoragePath);
  t.is(swept.length, 1);
  const digest = digestOf(GARBAGE);
  await t.throwsAsync(core.undeleter.undeleteContent(digest), { message: /BLOB_UNKNOWN/ });
  await t.throwsAsync(core.undeleter.undelete(REPOSITORY, byDigest(GARBAGE), PLAIN), { message: /MANIFEST_UNKNOWN/ });
  t.is(await driver.stat(core.paths.layerLink(REPOSITORY, digest)), undefined);
});

test('a tag that points to another manifest by now is taken from it only by force', async (t) => {
  const core = await withImage(new MemoryDriver());
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  await core.manifests.put(REPOSITORY, tagged('image'), manifest(OTHER));
  for (const reference of [tagged('image'), byDigest(IMAGE)])
    await t.throwsAsync(core.undeleter.undelete(REPOSITORY, reference, PLAIN), { message: /TAG_IMMUTABLE/ });
  t.false(await core.registry.manifests.exists(REPOSITORY, byDigest(IMAGE)));
  t.deepEqual((await core.registry.manifests.get(REPOSITORY, tagged('image'))).bytes, OTHER);
  await core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), { isForced: true });
  await assertPullable(t, core, 'image');
});

test('the tags of a manifest come back one by one', async (t) => {
  const core = await withImage(new MemoryDriver());
  await core.manifests.put(REPOSITORY, tagged('second'), manifest(IMAGE));
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  await core.undeleter.undelete(REPOSITORY, tagged('second'), PLAIN);
  t.false(await core.registry.manifests.exists(REPOSITORY, tagged('image')));
  await core.undeleter.undelete(REPOSITORY, tagged('image'), PLAIN);
  for (const tag of ['image', 'second']) await assertPullable(t, core, tag);
});

test('nothing leaves the trash early, also after the clock was set back, and everything once its time is over', async (t) => {
  let nowMs = Date.now();
  const core = await withImage(new MemoryDriver(), () => nowMs);
  await pushBlob(core.layers, REPOSITORY, GARBAGE);
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  await collectGarbage(core);
  for (const hours of [-1_000, 71]) {
    nowMs = Date.now() + hours * HOUR_MS;
    t.like(await collectGarbage(core), { trashRemoved: 0, trashFreedBytes: 0 });
  }
  nowMs = Date.now() + 73 * HOUR_MS;
  const dry = await collectGarbage(core, { dryRun: true });
  t.deepEqual([dry.trashRemoved, dry.trashFreedBytes], [3, GARBAGE.byteLength + digestOf(GARBAGE).length]);
  t.like(await collectGarbage(core), { trashRemoved: 3, trashFreedBytes: dry.trashFreedBytes, removedContents: 3 });
  await t.throwsAsync(core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), PLAIN), { message: /not in the trash/ });
});

test('what a deletion by a slow clock put there stays for its time by the clock of the storage', async (t) => {
  const storage = new MemoryDriver();
  let nowMs = Date.now() - 1_000 * HOUR_MS;
  const core = composeCoreWithTrash(storage, { keepMs: KEEP_MS, now: () => nowMs });
  await core.manifests.put(REPOSITORY, tagged('a'), manifest(imageIndex([])));
  await core.manifests.delete(REPOSITORY, tagged('a'));
  nowMs = Date.now();
  const { signal } = new AbortController();
  t.like(await core.trash.empty({ signal, dryRun: false }), { items: 0 });
  t.like(await core.trash.empty({ signal, dryRun: false, now: true }), { items: 1 });
});

test('blobs that are gone for good are named, and force brings the rest back', async (t) => {
  const core = await withImage(new MemoryDriver());
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  await core.driver.delete(core.paths.blobFolder(digestOf(LAYER)));
  const error = await t.throwsAsync(core.undeleter.undelete(REPOSITORY, tagged('image'), PLAIN), {
    instanceOf: RegistryErrors,
  });
  t.true(error.message.includes(digestOf(LAYER)));
  t.false(await core.registry.manifests.exists(REPOSITORY, byDigest(IMAGE)));
  await core.undeleter.undelete(REPOSITORY, tagged('image'), { isForced: true });
  t.true(await core.registry.manifests.exists(REPOSITORY, tagged('image')));
});

test('what comes back is announced as pushes', async (t) => {
  const core = await withImage(new MemoryDriver());
  await core.manifests.delete(REPOSITORY, byDigest(IMAGE));
  const announced: unknown[] = [];
  const announce = (...happened: unknown[]) => void announced.push(happened);
  await core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), { ...PLAIN, announce });
  const digest = digestOf(IMAGE);
  const details = { digest, mediaType: OCI_IMAGE_MANIFEST, size: IMAGE.byteLength };
  t.deepEqual(announced, [[REPOSITORY, { action: 'push', target: 'manifest', tag: 'image', ...details }]]);
});

for (const moment of ['before', 'after'] as const) {
  test(`whichever call of a delete fails ${moment} its effect, the image can be pulled or comes back`, async (t) => {
    for (let calls = 0; ; calls += 1) {
      const storage = new MemoryDriver();
      const failing = new FaultInjector(storage);
      await withImage(storage);
      failing.failAt(calls, moment);
      const deleting = composeCoreWithTrash(failing, { keepMs: KEEP_MS });
      const isDone = await deleting.manifests.delete(REPOSITORY, byDigest(IMAGE)).then(
        () => true,
        () => false,
      );
      const core = composeCoreWithTrash(new OldFiles(storage), { keepMs: KEEP_MS });
      await collectGarbage(core, { deletesUntagged: true });
      if (!(await core.registry.manifests.exists(REPOSITORY, tagged('image'))))
        await core.undeleter.undelete(REPOSITORY, byDigest(IMAGE), PLAIN);
      await assertPullable(t, core, 'image');
      if (isDone) break;
    }
  });

  test(`whichever call of an undelete fails ${moment} its effect, a second one completes it`, async (t) => {
    for (let calls = 0; ; calls += 1) {
      const storage = new MemoryDriver();
      const failing = new FaultInjector(storage);
      const before = await withImage(storage);
      await before.manifests.put(REPOSITORY, tagged('index'), manifest(INDEX));
      for (const bytes of [INDEX, IMAGE]) await before.manifests.delete(REPOSITORY, byDigest(bytes));
      failing.failAt(calls, moment);
      const isDone = await composeCoreWithTrash(failing, { keepMs: KEEP_MS })
        .undeleter.undelete(REPOSITORY, tagged('index'), PLAIN)
        .then(
          () => true,
          () => false,
        );
      const core = composeCoreWithTrash(new OldFiles(storage), { keepMs: KEEP_MS });
      await collectGarbage(core, { deletesUntagged: true });
      const isBack = await core.registry.manifests.exists(REPOSITORY, tagged('index'));
      if (!isDone || !isBack)
        await core.undeleter.undelete(REPOSITORY, tagged('index'), PLAIN).catch((error: unknown) => {
          t.regex(String(error), /not in the trash/);
        });
      t.deepEqual((await core.registry.manifests.get(REPOSITORY, tagged('index'))).bytes, INDEX);
      t.deepEqual((await core.registry.manifests.get(REPOSITORY, byDigest(IMAGE))).bytes, IMAGE);
      if (isDone) break;
    }
  });
}

test('two processes bring the same manifest back at once, while a third one collects', async (t) => {
  const storage = new MemoryDriver();
  const first = await withImage(storage);
  // So that the collection waits.
  await pushBlob(first.layers, REPOSITORY, GARBAGE);
  await first.manifests.delete(REPOSITORY, byDigest(IMAGE));
  const [second, collecting] = [1, 2].map(() => composeCoreWithTrash(new OldFiles(storage), { keepMs: KEEP_MS }));
  if (second === undefined || collecting === undefined) throw new Error('two were made');
  await collectGarbage(collecting, {
    deletesUntagged: true,
    meanwhile: () =>
      Promise.all(
        [first, second].map(({ undeleter }) => undeleter.undelete(REPOSITORY, byDigest(IMAGE), { isForced: false })),
      ),
  });
  await collectGarbage(collecting, { deletesUntagged: true });
  await assertPullable(t, first, 'image');
});
