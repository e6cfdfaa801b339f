import test, { type ExecutionContext } from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { drain } from '../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { composeCoreWithTrash } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, changeNow, fillRepository, pushImage } from '../../../helpers/core/repository-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';

const APP = name('team/app');
const KEEP_MS = 72 * 60 * 60 * 1000;
const TAGS = { v1: 0, v2: 1, latest: 1, sig: 2 };
const { signal } = new AbortController();
const PLAIN = { isForced: false, signal };
const DELETE = { action: 'delete', name: APP, user: 'ann' } as const;

type Core = ReturnType<typeof composeCoreWithTrash>;

/** A process on a storage whose files are old, so that a collection waits for none of them. */
function process(driver: StorageDriver): Core {
  return composeCoreWithTrash(new OldFiles(driver), { keepMs: KEEP_MS });
}

/** Everything of {@link fillRepository} is there, and can be pulled. */
async function assertWhole(t: ExecutionContext, core: Core, contents: readonly Buffer[]): Promise<void> {
  for (const [tag, index] of Object.entries(TAGS))
    t.deepEqual((await core.registry.manifests.get(APP, tagged(tag))).bytes, contents[index]);
  const byDigest: Digest[] = [...contents.map((bytes) => digestOf(bytes)), digestOf(contents[1] as Buffer, 'sha512')];
  for (const digest of byDigest) t.true(await core.registry.manifests.exists(APP, reference(digest)), digest);
  for (const blob of ['{}', 'one', 'two', 'signature'])
    t.true(await core.layers.exists(APP, digestOf(Buffer.from(blob))), blob);
  const { items } = await core.registry.referrers.list(APP, digestOf(contents[0] as Buffer), {
    artifactTypes: [],
    after: undefined,
    limit: 10,
  });
  t.is(items.length, 1);
}

eachDriver('a repository that was deleted as a whole comes back after collections', async (t, driver) => {
  const core = process(driver);
  const contents = await fillRepository(core, APP);
  // Deleted by itself, so it stays deleted.
  await pushImage(core, APP, { tag: 'old', layer: 'old' });
  await core.manifests.delete(APP, tagged('old'));
  t.deepEqual(await changeNow(core, DELETE), { tags: 4, manifests: 6 });
  t.deepEqual((await core.catalog.list({ limit: 10, after: undefined })).items, []);
  for (const deletesUntagged of [false, true]) await collectGarbage(core, { deletesUntagged });
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 6, tags: 4, lost: [] });
  await assertWhole(t, core, contents);
  t.false(await core.registry.manifests.exists(APP, tagged('old')));
  await collectGarbage(core, { deletesUntagged: true });
  await assertWhole(t, core, contents);
  await t.throwsAsync(core.repositoryReturn.bringBack(APP, PLAIN), { message: /NAME_UNKNOWN.*not deleted as a whole/ });
});

test('a manifest of a deleted repository comes back by itself with its tags, and the rest later', async (t) => {
  const core = process(new MemoryDriver());
  const contents = await fillRepository(core, APP);
  await changeNow(core, DELETE);
  const back = await core.undeleter.undelete(APP, reference(digestOf(contents[1] as Buffer)), { isForced: false });
  t.deepEqual(back.tags.toSorted(), ['latest', 'v2'].map(parseTag));
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 4, tags: 2, lost: [] });
  await assertWhole(t, core, contents);
});

test('a manifest that came back by itself and was deleted again comes back with the tag that the repository had', async (t) => {
  // The deletions must not be at the same time: tags that go with a manifest come back with it.
  let nowMs = Date.now();
  const now = (): number => (nowMs += 120_000);
  const core = composeCoreWithTrash(new OldFiles(new MemoryDriver()), { keepMs: KEEP_MS, now });
  const bytes = await pushImage(core, APP, { tag: 'v1', layer: 'one' });
  await changeNow(core, DELETE);
  await pushImage(core, APP, { tag: 'v2', layer: 'one' });
  const digest = reference(digestOf(bytes));
  await core.manifests.delete(APP, digest);
  await core.undeleter.undelete(APP, digest, { isForced: false });
  await core.manifests.delete(APP, digest);
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 0, tags: 1, lost: [] });
  t.deepEqual((await core.registry.manifests.get(APP, tagged('v1'))).bytes, bytes);
  t.false(await core.registry.manifests.exists(APP, tagged('v2')));
});

test('of two deletes of a repository, the last one is undone', async (t) => {
  const core = process(new MemoryDriver());
  const contents = await fillRepository(core, APP);
  await changeNow(core, DELETE);
  await pushImage(core, APP, { tag: 'v9', layer: 'nine' });
  await changeNow(core, DELETE);
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 1, tags: 1, lost: [] });
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 5, tags: 4, lost: [] });
  await assertWhole(t, core, contents);
  t.true(await core.registry.manifests.exists(APP, tagged('v9')));
});

test('a tag that points to another manifest by now is taken only by force, and nothing comes back without', async (t) => {
  const core = process(new MemoryDriver());
  const contents = await fillRepository(core, APP);
  await changeNow(core, DELETE);
  const newer = await pushImage(core, APP, { tag: 'latest', layer: 'newer' });
  await t.throwsAsync(core.repositoryReturn.bringBack(APP, PLAIN), { message: /TAG_IMMUTABLE.*latest/ });
  t.false(await core.registry.manifests.exists(APP, tagged('v1')));
  t.deepEqual((await core.registry.manifests.get(APP, tagged('latest'))).bytes, newer);
  await core.repositoryReturn.bringBack(APP, { ...PLAIN, isForced: true });
  await assertWhole(t, core, contents);
});

test('manifests whose blobs are gone stay in the trash with their tags, and the others come back', async (t) => {
  const core = process(new MemoryDriver());
  const contents = await fillRepository(core, APP);
  await changeNow(core, DELETE);
  await core.driver.delete(core.paths.blobFolder(digestOf(Buffer.from('one'))));
  const { lost, tags } = await core.repositoryReturn.bringBack(APP, PLAIN);
  t.deepEqual([lost, tags], [[digestOf(contents[0] as Buffer)], 3]);
  t.false(await core.registry.manifests.exists(APP, tagged('v1')));
  t.true(await core.registry.manifests.exists(APP, tagged('v2')));
  await core.repositoryReturn.bringBack(APP, { ...PLAIN, isForced: true });
  t.true(await core.registry.manifests.exists(APP, tagged('v1')));
});

test('an index of indexes comes back after those that it lists', async (t) => {
  const core = process(new MemoryDriver());
  const type = 'application/vnd.oci.image.index.v1+json';
  let inner = imageIndex([]);
  for (let depth = 0; depth < 4; depth += 1) {
    await core.manifests.put(APP, tagged(`depth-${depth}`), { bytes: inner, contentType: undefined });
    inner = imageIndex([{ mediaType: type, digest: digestOf(inner), size: inner.byteLength }]);
  }
  await changeNow(core, DELETE);
  const order: (Digest | undefined)[] = [];
  const announce = (
    _name: unknown,
    details: { readonly digest?: Digest | undefined; readonly tag?: unknown },
  ): void => {
    if (details.tag === undefined) order.push(details.digest);
  };
  await core.repositoryReturn.bringBack(APP, { ...PLAIN, announce });
  const depths = await Promise.all([0, 1, 2, 3].map((depth) => core.manifests.get(APP, tagged(`depth-${depth}`))));
  t.deepEqual(
    order,
    depths.map(({ digest }) => digest),
  );
});

test('a layer whose content is stored under another digest than the manifest names comes back', async (t) => {
  const core = process(new MemoryDriver());
  const layer = Buffer.from('stored under its sha256, as distribution does');
  await pushBlob(core.layers, APP, layer);
  const named = digestOf(layer, 'sha512');
  await core.links.write(core.paths.layerLink(APP, named), digestOf(layer));
  const bytes = imageManifest({ config: descriptorOf(layer), layers: [{ ...descriptorOf(layer), digest: named }] });
  const sparse = JSON.parse(bytes.toString()) as Record<string, unknown>;
  const alone = json({ ...sparse, config: { ...descriptorOf(layer), digest: named } });
  await core.manifests.put(APP, tagged('v1'), { bytes: alone, contentType: undefined });
  await changeNow(core, DELETE);
  await collectGarbage(core, { deletesUntagged: true });
  t.deepEqual(await core.repositoryReturn.bringBack(APP, PLAIN), { manifests: 1, tags: 1, lost: [] });
  t.deepEqual(await drain(await (await core.layers.fetch(APP, named)).open()), layer);
});

test('a rename puts nothing into the trash', async (t) => {
  const core = process(new MemoryDriver());
  await fillRepository(core, APP);
  await changeNow(core, { action: 'rename', name: APP, target: name('new') });
  for await (const each of core.trash.repositories()) t.fail(each);
  t.pass();
});

for (const moment of ['before', 'after'] as const) {
  test(`whichever call of a delete of a repository fails ${moment} its effect, all of it comes back`, async (t) => {
    for (let calls = 0; ; calls += 7) {
      const storage = new MemoryDriver();
      const failing = new FaultInjector(storage);
      const contents = await fillRepository(process(storage), APP);
      failing.failAt(calls, moment);
      const isDone = await changeNow(process(failing), DELETE).then(
        () => true,
        () => false,
      );
      const core = process(storage);
      await collectGarbage(core);
      // Whoever completes it.
      await changeNow(core, DELETE).catch((error: unknown) => t.regex(String(error), /NAME_UNKNOWN/));
      await collectGarbage(core, { deletesUntagged: true });
      await core.repositoryReturn.bringBack(APP, PLAIN);
      await assertWhole(t, core, contents);
      if (isDone) break;
    }
  });

  test(`whichever call of its return fails ${moment} its effect, a second one completes it`, async (t) => {
    for (let calls = 0; ; calls += 7) {
      const storage = new MemoryDriver();
      const failing = new FaultInjector(storage);
      const before = process(storage);
      const contents = await fillRepository(before, APP);
      await changeNow(before, DELETE);
      failing.failAt(calls, moment);
      const isDone = await process(failing)
        .repositoryReturn.bringBack(APP, PLAIN)
        .then(
          () => true,
          () => false,
        );
      const core = process(storage);
      await collectGarbage(core, { deletesUntagged: true });
      await core.repositoryReturn
        .bringBack(APP, PLAIN)
        .catch((error: unknown) => t.regex(String(error), /NAME_UNKNOWN/));
      await assertWhole(t, core, contents);
      if (isDone) break;
    }
  });
}

test('a delete that two processes complete at the same time comes back once', async (t) => {
  const storage = new MemoryDriver();
  const [one, other] = [process(storage), process(storage)];
  const contents = await fillRepository(one, APP);
  const change = await one.container.get(RepositoryChanger).announce(DELETE);
  await Promise.all(
    [one, other].map((core) =>
      core.container
        .get(RepositoryChanger)
        .complete(change, AT_ONCE)
        .catch(() => undefined),
    ),
  );
  await one.repositoryReturn.bringBack(APP, PLAIN);
  await assertWhole(t, one, contents);
  for await (const each of one.trash.deletedFrom(APP)) t.fail(JSON.stringify(each));
});
