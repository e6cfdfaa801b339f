import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { copy } from '../../../../../client/copy/copy.ts';
import type { Selection } from '../../../../../client/copy/selection.ts';
import { LayoutStore } from '../../../../../client/stores/layout/layout-store.ts';
import { MemoryStore } from '../../../../../client/stores/memory-store.ts';
import { StoreError } from '../../../../../client/stores/store-error.ts';
import { type Digest, digestOf, hexOf } from '../../../../../core/digest/digest.ts';
import type { Descriptor } from '../../../../../core/model/descriptor.ts';
import { collect } from '../../../../helpers/client/collect.ts';
import {
  byDigest,
  type MadeImage,
  makeImage,
  makeIndex,
  randomLayers,
  tagged,
} from '../../../../helpers/client/images.ts';
import { deadOwner, runningOwner } from '../../../../helpers/client/owners.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const LATEST = { images: [{ from: tagged('latest') }] };

interface WrittenLayout {
  readonly folder: string;
  readonly image: MadeImage;
  readonly source: MemoryStore;
}

async function writtenLayout(folder: string): Promise<WrittenLayout> {
  const source = new MemoryStore();
  const image = await makeImage(source, { layers: randomLayers(1, 300_000), tag: 'latest' });
  await copy(source, new LayoutStore(folder), LATEST).result;
  return { folder, image, source };
}

function pathOf(folder: string, { digest }: Descriptor): string {
  return join(folder, 'blobs/sha256', hexOf(digest));
}

test('a layout has what the image-spec asks for, and nothing more once it is complete', async (t) => {
  const { folder, image } = await writtenLayout(await tempRoot(t));
  t.deepEqual(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' });
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { readonly manifests: object[] };
  t.deepEqual(index.manifests, [
    { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'latest' } },
  ] as never);
  t.is((await readdir(join(folder, 'blobs/sha256'))).length, 3);
  t.deepEqual(await readdir(join(folder, '.stowage')), []);
});

test('what other tools have written into index.json stays', async (t) => {
  const folder = await tempRoot(t);
  const other = { mediaType: 'application/x', digest: digestOf(Buffer.from('x')), size: 1, 'org.example': 1 };
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
  await writeFile(
    join(folder, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [other], annotations: { a: 'b' } }),
  );
  await writtenLayout(folder);
  const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as Record<string, unknown>;
  t.deepEqual(index['annotations'], { a: 'b' });
  t.deepEqual((index['manifests'] as unknown[])[0], other);
});

test('a tag moves to another image, and names that hold a whole reference are found by their tag', async (t) => {
  const folder = await tempRoot(t);
  const { source } = await writtenLayout(folder);
  const next = await makeImage(source, { layers: [], tag: 'latest' });
  const store = new LayoutStore(folder);
  await copy(source, store, LATEST).result;
  t.is((await store.manifest(tagged('latest'))).digest, next.descriptor.digest);
  t.deepEqual(await collect(store.tags()), ['latest'] as never);
  const path = join(folder, 'index.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace('"latest"', '"docker.io/library/app:v9"'));
  t.is((await store.manifest(tagged('v9'))).digest, next.descriptor.digest);
});

test('images with the same tag under different whole names are told apart, and the tag alone is ambiguous', async (t) => {
  const folder = await tempRoot(t);
  const source = new MemoryStore();
  const digests: Digest[] = [];
  for (const tag of ['a', 'b'])
    digests.push((await makeImage(source, { layers: [Buffer.from(tag)], tag })).descriptor.digest);
  const store = new LayoutStore(folder);
  for (const name of ['a', 'b']) {
    await copy(source, store, { images: [{ from: tagged(name), to: tagged('v1'), name: `team/${name}:v1` }] }).result;
  }
  t.deepEqual([await store.named('team/a:v1'), await store.named('docker.io/team/b:v1')], digests);
  t.is(await store.named('team/c:v1'), undefined);
  const error = await t.throwsAsync(store.manifest(tagged('v1')), { instanceOf: StoreError });
  t.is(error.code, 'ambiguous');
  t.regex(error.hint ?? '', /team\/a:v1, team\/b:v1/);
  await copy(source, store, { images: [{ from: tagged('b'), to: tagged('v1'), name: 'team/a:v1' }] }).result;
  t.deepEqual([(await store.manifest(tagged('v1'))).digest], digests.slice(1));
});

test('twenty stores that list images at the same time lose none', async (t) => {
  const folder = await tempRoot(t);
  const source = new MemoryStore();
  const tags = Array.from({ length: 20 }, (_, index) => `v${index}`);
  for (const tag of tags) await makeImage(source, { layers: [Buffer.from(tag)], tag });
  await Promise.all(
    tags.map((tag) => copy(source, new LayoutStore(folder), { images: [{ from: tagged(tag) }] }).result),
  );
  t.deepEqual((await collect(new LayoutStore(folder).tags())).sort(), tags.sort() as never);
});

test('a manifest that a power cut has left empty is written again', async (t) => {
  const { folder, image, source } = await writtenLayout(await tempRoot(t));
  await truncate(pathOf(folder, image.descriptor));
  await copy(source, new LayoutStore(folder), LATEST).result;
  t.is((await new LayoutStore(folder).manifest(tagged('latest'))).digest, image.descriptor.digest);
});

test('an image that a killed process has written and not listed is listed by the next one', async (t) => {
  const { folder, image, source } = await writtenLayout(await tempRoot(t));
  await rm(join(folder, 'index.json'));
  await copy(source, new LayoutStore(folder), { images: [{ from: byDigest(image.descriptor.digest) }] }).result;
  t.is((await new LayoutStore(folder).manifest(undefined)).digest, image.descriptor.digest);
});

test('the lock of a process that has died does not stop the next one', async (t) => {
  const folder = await tempRoot(t);
  await mkdir(join(folder, '.stowage'));
  await writeFile(join(folder, '.stowage/index.lock'), deadOwner());
  await writtenLayout(folder);
  t.false(existsSync(join(folder, '.stowage/index.lock')));
});

test('bytes that a killed process has left are resumed, with its digest or without', async (t) => {
  for (const hasState of [true, false]) {
    const folder = await tempRoot(t);
    const source = new MemoryStore();
    const [bytes = Buffer.of()] = randomLayers(1, 300_000);
    const { layers } = await makeImage(source, { layers: [bytes], tag: 'latest' });
    const [layer] = layers as [Descriptor];
    await mkdir(join(folder, '.stowage'));
    const left = join(folder, '.stowage', `sha256-${hexOf(layer.digest)}.${deadOwner()}.part`);
    await writeFile(left, bytes.subarray(0, 200_000));
    if (hasState) await writeFile(`${left}.state`, 'no state at all');
    const starts: number[] = [];
    const store = new LayoutStore(folder);
    for await (const event of copy(source, store, LATEST)) if (event.type === 'blob-resumed') starts.push(event.offset);
    t.deepEqual(starts, [200_000]);
    t.deepEqual(await readFile(pathOf(folder, layer)), bytes);
    t.deepEqual(await readdir(join(folder, '.stowage')), []);
  }
});

test('the file of a process that runs is left alone', async (t) => {
  const folder = await tempRoot(t);
  const source = new MemoryStore();
  const { layers } = await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  const [layer] = layers as [Descriptor];
  await mkdir(join(folder, '.stowage'));
  const name = `sha256-${hexOf(layer.digest)}.${runningOwner()}.part`;
  await writeFile(join(folder, '.stowage', name), 'begun');
  await copy(source, new LayoutStore(folder), LATEST).result;
  t.deepEqual(await readdir(join(folder, '.stowage')), [name]);
});

test('a truncated blob is an error as a source, and is written again as a target', async (t) => {
  const { folder, image, source } = await writtenLayout(await tempRoot(t));
  const [layer] = image.layers as [Descriptor];
  await truncate(pathOf(folder, layer), 1000);
  const error = await t.throwsAsync(copy(new LayoutStore(folder), new MemoryStore(), LATEST).result);
  t.regex(error.message, /has 1000 of the 300000 bytes/);
  const missing = await tempRoot(t);
  await rename(pathOf(folder, image.descriptor), join(missing, 'manifest'));
  await copy(source, new LayoutStore(folder), LATEST).result;
  t.is(await new LayoutStore(folder).blobSize(layer.digest), 300_000);
});

test('a layer that has gone missing or is cut short is fetched again, also when the manifest is there', async (t) => {
  const { folder, image, source } = await writtenLayout(await tempRoot(t));
  const index = await makeIndex(source, [image.descriptor], 'index');
  const [layer] = image.layers as [Descriptor];
  const store = new LayoutStore(folder);
  const selections = [LATEST, { images: [{ from: tagged('index') }] }];
  await copy(source, store, selections[1] as Selection).result;
  t.true(await store.hasManifest(index.digest));
  for (const selection of selections as Selection[]) {
    for (const damage of [() => rm(pathOf(folder, layer)), () => truncate(pathOf(folder, layer), 1000)]) {
      await damage();
      t.is((await copy(source, store, selection).result).bytes, 300_000);
      t.is(await store.blobSize(layer.digest), 300_000);
    }
    t.is((await copy(source, store, selection).result).bytes, 0);
  }
});

test('a blob with changed bytes is refused by the target', async (t) => {
  const { folder, image } = await writtenLayout(await tempRoot(t));
  const [layer] = image.layers as [Descriptor];
  await writeFile(pathOf(folder, layer), Buffer.alloc(300_000));
  const target = new MemoryStore();
  const error = await t.throwsAsync(copy(new LayoutStore(folder), target, LATEST).result);
  t.true(StoreError.is(error.cause, 'damaged'));
  t.is(await target.blobSize(layer.digest), undefined);
});

test('a damaged manifest, a missing one and files that are no layout have errors of their own', async (t) => {
  const { folder, image } = await writtenLayout(await tempRoot(t));
  const store = new LayoutStore(folder);
  await writeFile(pathOf(folder, image.descriptor), '{}');
  t.is((await t.throwsAsync(store.manifest(tagged('latest')), { instanceOf: StoreError })).code, 'damaged');
  await rm(pathOf(folder, image.descriptor));
  await t.throwsAsync(store.manifest(tagged('latest')), { code: 'MANIFEST_UNKNOWN' });
  for (const text of [
    '',
    '[]',
    '{"manifests": {}}',
    '{"manifests": [1]}',
    '{"manifests": [{"digest": "sha256:.."}]}',
  ]) {
    await writeFile(join(folder, 'index.json'), text);
    t.is((await t.throwsAsync(store.manifest(tagged('latest')), { instanceOf: StoreError })).code, 'invalid', text);
  }
  await rm(join(folder, 'oci-layout'));
  await t.throwsAsync(collect(store.tags()), { code: 'invalid', message: /has no file oci-layout/ });
});

test('a layout that does not exist has no images to be read, and takes some', async (t) => {
  const { folder, image, source } = await writtenLayout(await tempRoot(t));
  await rm(join(folder, 'index.json'));
  for (const missing of [folder, join(folder, 'none'), join(folder, 'oci-layout'), await tempRoot(t)]) {
    const store = new LayoutStore(missing);
    for (const reading of [
      () => collect(store.tags()),
      () => store.manifest(undefined),
      () => store.manifest(tagged('latest')),
      () => copy(store, new MemoryStore(), { tags: {} }).result,
    ]) {
      await t.throwsAsync(reading, { code: 'not-found' }, missing);
    }
    t.is(await store.blobSize(digestOf(Buffer.of())), undefined);
  }
  await copy(source, new LayoutStore(folder), LATEST).result;
  t.is((await new LayoutStore(folder).manifest(undefined)).digest, image.descriptor.digest);
});

test('something that is not a regular file is not opened', async (t) => {
  const { folder, image } = await writtenLayout(await tempRoot(t));
  const [layer] = image.layers as [Descriptor];
  await rm(pathOf(folder, layer));
  await symlink('/dev/zero', pathOf(folder, layer));
  await t.throwsAsync(copy(new LayoutStore(folder), new MemoryStore(), LATEST).result, {
    message: /is damaged: it lacks the blob sha256:\w+ of the image$/,
  });
});

test('several images without a reference are an error that names the tags', async (t) => {
  const { folder, source } = await writtenLayout(await tempRoot(t));
  await makeImage(source, { layers: [], tag: 'v2' });
  const store = new LayoutStore(folder);
  await copy(source, store, { images: [{ from: tagged('v2') }] }).result;
  const error = await t.throwsAsync(store.manifest(undefined), { instanceOf: StoreError });
  t.is(error.code, 'ambiguous');
  t.regex(error.hint ?? '', /latest, v2/);
});
