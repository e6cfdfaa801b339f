import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { packTar, type TarEntry, unpackTar } from 'modern-tar';
import { copy } from '../../../../../client/copy/copy.ts';
import { CopyError } from '../../../../../client/copy/copy-error.ts';
import { ArchiveSource } from '../../../../../client/stores/archive/archive-source.ts';
import { ArchiveTarget } from '../../../../../client/stores/archive/archive-target.ts';
import { MemoryStore } from '../../../../../client/stores/memory-store.ts';
import { StoreError } from '../../../../../client/stores/store-error.ts';
import { digestOf, hexOf } from '../../../../../core/digest/digest.ts';
import { archiveOf, dockerEntries, file, link } from '../../../../helpers/client/archives.ts';
import { collect } from '../../../../helpers/client/collect.ts';
import { byDigest, makeImage, makeIndex, randomLayers, tagged } from '../../../../helpers/client/images.ts';
import { tempRoot } from '../../../../helpers/drivers/temp-root.ts';

const LATEST = { images: [{ from: tagged('latest') }] };

/** An archive that a process begins and does not finish. */
class UnfinishedArchive extends ArchiveTarget {
  override async finish(): Promise<void> {
    throw new Error('killed');
  }
}

test('an archive that was killed before its end is finished with all its images and referrers', async (t) => {
  const path = join(await tempRoot(t), 'image.tar');
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(1, 1000) });
  const signature = await makeImage(source, { layers: randomLayers(1, 10), config: {}, subject: descriptor });
  const images = [{ from: byDigest(descriptor.digest) }];
  const first = new UnfinishedArchive({ path, format: 'oci' });
  await t.throwsAsync(copy(source, first, { images }, { referrers: true }).result, { message: 'killed' });
  await first[Symbol.asyncDispose]();
  await copy(source, new ArchiveTarget({ path, format: 'oci' }), { images }, { referrers: true }).result;
  await using archive = await ArchiveSource.open(path);
  t.is((await archive.manifest(undefined)).digest, descriptor.digest);
  t.deepEqual(
    (await collect(archive.referrers(descriptor.digest))).map(({ digest }) => digest),
    [signature.descriptor.digest],
  );
});

for (const format of ['oci', 'docker'] as const) {
  test(`an archive for ${format} has every tag of an image, also when they come one after another`, async (t) => {
    const path = join(await tempRoot(t), 'image.tar');
    const source = new MemoryStore();
    const { descriptor } = await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
    const images = ['v1', 'v2', 'v3'].map((tag) => ({ from: byDigest(descriptor.digest), to: tagged(tag) }));
    await copy(source, new ArchiveTarget({ path, format }), { images }).result;
    await using archive = await ArchiveSource.open(path);
    t.deepEqual((await collect(archive.tags())).map(String).toSorted(), ['v1', 'v2', 'v3']);
  });

  test(`an archive for ${format} gives back the images that were written, with the same digests`, async (t) => {
    const path = join(await tempRoot(t), 'image.tar');
    const source = new MemoryStore();
    const { descriptor } = await makeImage(source, { layers: randomLayers(3, 100_000), tag: 'latest' });
    await makeImage(source, { layers: [], tag: 'v2' });
    const images = [{ from: tagged('latest') }, { from: tagged('v2') }];
    await copy(source, new ArchiveTarget({ path, format, name: 'team/app' }), { images }).result;
    await using archive = await ArchiveSource.open(path);
    t.deepEqual((await collect(archive.tags())).sort(), ['latest', 'v2'] as never);
    const back = new MemoryStore();
    const result = await copy(archive, back, { images }).result;
    t.is(result.images[0]?.digest, descriptor.digest);
    t.deepEqual(await readdir(join(path, '..')), ['image.tar']);
  });
}

test('Docker finds configuration, layers and name of each image in manifest.json', async (t) => {
  const path = join(await tempRoot(t), 'image.tar');
  const source = new MemoryStore();
  const { config, layers } = await makeImage(source, { layers: randomLayers(2, 1000), tag: 'latest' });
  await copy(source, new ArchiveTarget({ path, format: 'docker', name: 'team/app' }), LATEST).result;
  const entries = new Map((await unpackTar(await readFile(path))).map(({ header, data }) => [header.name, data]));
  const manifest = JSON.parse(Buffer.from(entries.get('manifest.json') ?? []).toString()) as unknown;
  const paths = layers.map(({ digest }) => `blobs/sha256/${hexOf(digest)}`);
  t.deepEqual(manifest, [
    { Config: `blobs/sha256/${hexOf(config.digest)}`, RepoTags: ['team/app:latest'], Layers: paths },
  ]);
  for (const each of paths) t.is(entries.get(each)?.byteLength, 1000);
});

test('the same images make the same archive', async (t) => {
  const folder = await tempRoot(t);
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(2, 1000), tag: 'latest' });
  const paths = ['one.tar', 'two.tar'].map((name) => join(folder, name));
  for (const path of paths) await copy(source, new ArchiveTarget({ path, format: 'oci' }), LATEST).result;
  const [one, two] = await Promise.all(paths.map((path) => readFile(path)));
  t.deepEqual(one, two);
});

test('an archive for Docker holds no index, and says what to do', async (t) => {
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: [], isPart: true });
  await makeIndex(source, [{ ...descriptor, platform: { os: 'linux', architecture: 'amd64' } }], 'latest');
  const target = new ArchiveTarget({ path: join(await tempRoot(t), 'image.tar'), format: 'docker' });
  const error = await t.throwsAsync(copy(source, target, LATEST).result, { instanceOf: CopyError });
  t.true(StoreError.is(error.cause, 'unsupported'));
  await copy(source, target, LATEST, { platforms: [{ os: 'linux', architecture: 'amd64' }] }).result;
});

test('a second copy to an archive that is being written is refused, and the first one is not disturbed', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'image.tar');
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  await using first = new UnfinishedArchive({ path, format: 'oci' });
  await t.throwsAsync(copy(source, first, LATEST).result, { message: 'killed' });
  await using second = new ArchiveTarget({ path, format: 'oci' });
  const error = await t.throwsAsync(copy(source, second, LATEST).result, { instanceOf: CopyError });
  t.regex(String((error.cause as Error).message), /another copy is writing/);
  await ArchiveTarget.prototype.finish.call(first);
  t.deepEqual(await readdir(folder), ['image.tar']);
  await using archive = await ArchiveSource.open(path);
  t.is((await archive.manifest(tagged('latest'))).digest, descriptor.digest);
});

test('a link under the name of the incomplete archive is not followed', async (t) => {
  const folder = await tempRoot(t);
  const path = join(folder, 'image.tar');
  await writeFile(join(folder, 'precious'), 'precious');
  await symlink(join(folder, 'precious'), `${path}.partial`);
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(1, 1000), tag: 'latest' });
  await copy(source, new ArchiveTarget({ path, format: 'oci' }), LATEST).result;
  t.is(await readFile(join(folder, 'precious'), 'utf8'), 'precious');
});

test('an archive that could not be completed leaves the one before, and what it has for the next call', async (t) => {
  const path = join(await tempRoot(t), 'image.tar');
  const earlier = new MemoryStore();
  await makeImage(earlier, { layers: randomLayers(1, 10), tag: 'latest' });
  await copy(earlier, new ArchiveTarget({ path, format: 'oci' }), LATEST).result;
  const before = await readFile(path);
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(2, 1000), tag: 'latest' });
  const images = [{ from: tagged('latest') }, { from: tagged('missing') }];
  const first = new ArchiveTarget({ path, format: 'oci' });
  await t.throwsAsync(copy(source, first, { images }).result);
  await first[Symbol.asyncDispose]();
  t.deepEqual(await readFile(path), before);
  t.is((await copy(source, new ArchiveTarget({ path, format: 'oci' }), LATEST).result).bytes, 0);
  await using archive = await ArchiveSource.open(path);
  t.is((await archive.manifest(undefined)).digest, descriptor.digest);
});

test('an archive of an older Docker becomes an image whose layers keep their digests', async (t) => {
  const layers = randomLayers(2, 5000);
  await using archive = await ArchiveSource.open(await archiveOf(t, dockerEntries(layers)));
  t.deepEqual(await collect(archive.tags()), ['v1'] as never);
  const target = new MemoryStore();
  await copy(archive, target, { images: [{ from: tagged('v1') }] }).result;
  for (const layer of layers) t.is(await target.blobSize(digestOf(layer)), 5000);
});

test('compressed layers in it are told from others', async (t) => {
  const layer = Buffer.alloc(5000, 'layer');
  const packed = gzipSync(layer);
  const entries = dockerEntries([layer]).map((entry) =>
    entry.header.name === '0/layer.tar' ? file('0/layer.tar', packed) : entry,
  );
  await using archive = await ArchiveSource.open(await archiveOf(t, entries));
  const { bytes } = await archive.manifest(undefined);
  const { layers } = JSON.parse(bytes.toString()) as {
    readonly layers: ReadonlyArray<{ readonly digest: string; readonly mediaType: string }>;
  };
  t.is(layers[0]?.digest, digestOf(packed));
  t.is(layers[0]?.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
});

test('a layer whose bytes are others than the configuration says is refused', async (t) => {
  const entries = dockerEntries([Buffer.alloc(5000, 1)]).map((entry) =>
    entry.header.name === '0/layer.tar' ? file('0/layer.tar', Buffer.alloc(5000, 2)) : entry,
  );
  await using archive = await ArchiveSource.open(await archiveOf(t, entries));
  const error = await t.throwsAsync(copy(archive, new MemoryStore(), { images: [{}] }).result, {
    instanceOf: CopyError,
  });
  t.true(StoreError.is(error.cause, 'damaged'));
});

test('a link between files of the archive is followed, and no other', async (t) => {
  const [layer = Buffer.of()] = randomLayers(1, 1000);
  const linked = (target: string, type?: 'link'): TarEntry[] =>
    dockerEntries([layer]).flatMap((entry) =>
      entry.header.name === '0/layer.tar'
        ? [file('other/layer.tar', layer), link('0/layer.tar', target, type)]
        : [entry],
    );
  for (const [target, type] of [['../other/layer.tar'], ['other/layer.tar', 'link']] as const) {
    await using archive = await ArchiveSource.open(await archiveOf(t, linked(target, type)));
    await copy(archive, new MemoryStore(), { images: [{}] }).result;
  }
  for (const target of ['/etc/passwd', '../../etc/passwd', '../../../other/layer.tar', 'missing', '../0/layer.tar']) {
    const error = await t.throwsAsync(
      ArchiveSource.open(await archiveOf(t, linked(target))),
      { instanceOf: StoreError },
      target,
    );
    t.is(error.code, 'invalid', target);
  }
});

test('names that lead out of the archive are refused', async (t) => {
  for (const name of ['../out', '/etc/passwd', 'a/../../out', 'a\\..\\out', '..']) {
    const path = await archiveOf(t, [file('oci-layout', '{"imageLayoutVersion":"1.0.0"}'), file(name, 'x')]);
    const error = await t.throwsAsync(ArchiveSource.open(path), { instanceOf: StoreError }, name);
    t.is(error.code, 'invalid', name);
  }
});

test('long names, pax headers and names that begin with ./ are read', async (t) => {
  const long = `${'folder/'.repeat(30)}file`;
  const layout = [
    file('./oci-layout', '{"imageLayoutVersion":"1.0.0"}'),
    file(long, 'x'),
    file('./index.json', JSON.stringify({ schemaVersion: 2, manifests: [] }), { pax: { comment: 'ä'.repeat(200) } }),
  ];
  await using archive = await ArchiveSource.open(await archiveOf(t, layout));
  t.deepEqual(await collect(archive.tags()), []);
});

test('what is no archive, is cut short or compressed has an error of its own', async (t) => {
  const path = await archiveOf(t, dockerEntries(randomLayers(1, 5000)));
  const whole = await readFile(path);
  for (const [bytes, code] of [
    [Buffer.from('no archive at all'), 'damaged'],
    [Buffer.alloc(2000, 'no archive'), 'invalid'],
    [gzipSync(whole), 'unsupported'],
    [whole.subarray(0, 1000), 'damaged'],
    [Buffer.of(), 'invalid'],
    [Buffer.alloc(10_240), 'invalid'],
    [Buffer.from(await packTar([file('hello', 'world')])), 'invalid'],
    [Buffer.from(await packTar([file('manifest.json', '[{"Config": "../x", "Layers": ["y"]}]')])), 'invalid'],
    [Buffer.from(await packTar([file('manifest.json', '[{"Config": "manifest.json", "Layers": []}]')])), 'invalid'],
  ] as const) {
    await writeFile(path, bytes);
    const error = await t.throwsAsync(ArchiveSource.open(path), { instanceOf: StoreError });
    t.is(error.code, code, `${error.message} for ${bytes.subarray(0, 20).toString('latin1')}`);
  }
  await t.throwsAsync(ArchiveSource.open('/dev/null'), { code: 'invalid' });
  await t.throwsAsync(ArchiveSource.open('/missing/archive'), { code: 'not-found' });
});

test('an archive that ends in the middle of a blob never gives a part of it', async (t) => {
  const path = join(await tempRoot(t), 'image.tar');
  const source = new MemoryStore();
  await makeImage(source, { layers: randomLayers(1, 50_000), tag: 'latest' });
  await copy(source, new ArchiveTarget({ path, format: 'oci' }), LATEST).result;
  const { length } = await readFile(path);
  for (let end = 0; end < length - 1024; end += 7_777) {
    const part = `${path}.${end}`;
    await writeFile(part, (await readFile(path)).subarray(0, end));
    await t.throwsAsync(async () => {
      await using archive = await ArchiveSource.open(part);
      await copy(archive, new MemoryStore(), LATEST).result;
    });
  }
});

for (const format of ['oci', 'docker'] as const) {
  test(`an archive of ${format} takes the place of no device`, async (t) => {
    const source = new MemoryStore();
    await makeImage(source, { layers: randomLayers(1, 10), tag: 'latest' });
    // A failure must not cost the machine its device.
    const path = join(await tempRoot(t), 'null');
    await symlink('/dev/null', path);
    const error = await t.throwsAsync(copy(source, new ArchiveTarget({ path, format }), LATEST).result);
    t.true(error instanceof CopyError && StoreError.is(error.cause, 'invalid'));
    t.regex(error.message, /is not a file/);
    t.deepEqual(await readdir(join(path, '..')), ['null']);
  });
}
