import { digestOf } from '../../../core/digest/digest.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../helpers/content/registry-content.ts';
import { copied } from '../../helpers/core/copy-parts.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import { openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';

const test = testsWithEmulator('storage-copy');
const REPOSITORY = name('foo/bar');

async function pushImage({ layers, manifests }: CoreParts, tag: string, size: number): Promise<void> {
  const [config, layer] = [Buffer.from(JSON.stringify({ tag })), Buffer.alloc(size, tag)];
  for (const blob of [config, layer]) await pushBlob(layers, REPOSITORY, blob);
  const bytes = imageManifest({ config: descriptorOf(config), layers: [descriptorOf(layer)] });
  await manifests.put(REPOSITORY, tagged(tag), { bytes, contentType: undefined });
}

test('a storage moves from the disk to a bucket and back, with layers larger than a part of an upload', async (t) => {
  const disk = await openFilesystem(t);
  const core = composeCore(disk);
  for (const [tag, size] of [
    ['small', 100],
    ['large', 3_000_000],
  ] as const)
    await pushImage(core, tag, size);
  const bucket = await openGcs(await newBucket(), await emulatorUrl());
  const there = await copied({ source: disk, target: bucket });
  t.like(there, { found: [], report: { copiedContents: 6, copiedTags: 2 } });
  await core.manifests.delete(REPOSITORY, tagged('small'));
  await pushImage(core, 'new', 500);
  t.like((await copied({ source: disk, target: bucket }, { deletes: true, verifies: true })).report, {
    copiedContents: 3,
    copiedTags: 1,
    removedTags: 1,
    damage: 0,
  });
  const back = await openFilesystem(t);
  t.like((await copied({ source: bucket, target: back })).report, { copiedContents: 9, copiedTags: 2 });
  const [first, last] = [await storedFiles(disk), await storedFiles(back)];
  t.deepEqual([...last.keys()].sort(), [...first.keys()].sort());
  for (const [path, bytes] of first) t.true(last.get(path)?.equals(bytes), path);
});

test('damaged content of a bucket is not copied', async (t) => {
  const bucket = await openGcs(await newBucket(), await emulatorUrl());
  const core = composeCore(bucket);
  await pushImage(core, 'v1', 2_000_000);
  const digest = digestOf(Buffer.alloc(2_000_000, 'v1'));
  await bucket.write(core.paths.blobData(digest), Buffer.alloc(2_000_000, 'x'));
  const target = new MemoryDriver();
  t.deepEqual((await copied({ source: bucket, target })).found, ['content-damaged']);
  t.is(await target.stat(core.paths.blobData(digest)), undefined);
  t.deepEqual(
    [...(await storedFiles(target)).keys()].filter((path) => path.includes('/_copy/')),
    [],
  );
});
