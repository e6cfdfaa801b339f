import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import cache from '../../../../plugins/wrappers/cache/index.ts';
import { assertBytes, at, bodyOf, content, drain, KIB, MIB, readAll } from '../../../../testing/driver-case.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { blobOf, cacheRig, store, until } from './cache-rig.ts';
import { problemsOf, wrap } from './wrap.ts';

for (const size of [1, 4 * KIB, 300 * KIB, 5 * MIB + 17]) {
  test(`a blob of ${size} bytes comes from the backend once, then from the disk, in whole and in part`, async (t) => {
    const rig = await cacheRig(t);
    const blob = blobOf(size);
    await store(rig.backend, blob);
    assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
    t.is(rig.reads(), 1);
    await until(async () => (await rig.copies()).length === 1);
    for (const [start, end] of [
      [0, undefined],
      [0, size],
      [Math.floor(size / 3), undefined],
      [1, size - 1 > 1 ? size - 1 : 1],
      [size, undefined],
      [size + 5, size + 9],
    ] as const) {
      assertBytes(await readAll(rig.driver, blob.path, start, end), blob.bytes.subarray(start, end));
    }
    t.is(rig.reads(), 1);
    t.deepEqual(rig.warnings, []);
  });
}

test('a read that core limits to the size of the blob fills the cache as well', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(100 * KIB);
  await store(rig.backend, blob);
  assertBytes(await readAll(rig.driver, blob.path, 0, blob.bytes.byteLength), blob.bytes);
  await until(async () => (await rig.copies()).length === 1);
  t.is(rig.reads(), 1);
});

test('a part of a blob without a copy comes from the backend and copies nothing', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(2 * MIB);
  await store(rig.backend, blob);
  for (const [start, end] of [
    [0, 10],
    [10, undefined],
    [MIB, MIB + 5],
  ] as const) {
    assertBytes(await readAll(rig.driver, blob.path, start, end), blob.bytes.subarray(start, end));
  }
  t.is(rig.reads(), 3);
  t.deepEqual(await rig.copies(), []);
});

test('mutable content is read from the backend every time: links, uploads, paths that only look like blobs', async (t) => {
  const rig = await cacheRig(t);
  const { digest, bytes } = blobOf(100);
  const hex = digest.slice('sha256:'.length);
  const other = hex.startsWith('00') ? 'ff' : '00';
  const paths = [
    `/docker/registry/v2/repositories/a/_layers/sha256/${hex}/link`,
    '/docker/registry/v2/repositories/a/_uploads/1/data',
    `/docker/registry/v2/repositories/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`,
    `/docker/registry/v2/blobs/sha256/${other}/${hex}/data`,
    `/docker/registry/v2/blobs/md5/${hex.slice(0, 2)}/${hex}/data`,
    `/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data2`,
    `/docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex.slice(1)}/data`,
  ];
  for (const path of paths) {
    await rig.backend.write(at(path), bytes);
    for (let round = 0; round < 2; round += 1) assertBytes(await readAll(rig.driver, path), bytes);
  }
  t.is(rig.reads(), 2 * paths.length);
  t.deepEqual(await rig.copies(), []);
});

test('a blob by sha512 is kept under its own digest', async (t) => {
  const rig = await cacheRig(t);
  const bytes = content(1000);
  const digest = digestOf(bytes, 'sha512');
  const hex = digest.slice('sha512:'.length);
  const path = `/docker/registry/v2/blobs/sha512/${hex.slice(0, 2)}/${hex}/data`;
  await rig.backend.write(at(path), bytes);
  assertBytes(await readAll(rig.driver, path), bytes);
  await until(async () => (await rig.copies('sha512')).length === 1);
  t.deepEqual(await rig.copies('sha512'), [hex]);
  rig.backend.reset();
  assertBytes(await readAll(rig.driver, path), bytes);
  t.is(rig.reads(), 0);
});

test('blobs below the minimum and above the maximum size are not kept', async (t) => {
  const rig = await cacheRig(t, { others: { minfilesize: '2KiB', maxfilesize: '4KiB' } });
  const blobs = [2 * KIB - 1, 2 * KIB, 4 * KIB, 4 * KIB + 1].map((size) => blobOf(size, size));
  await store(rig.backend, ...blobs);
  for (const { path } of blobs) await readAll(rig.driver, path);
  await until(async () => (await rig.copies()).length === 2);
  rig.backend.reset();
  for (const { path, bytes } of blobs) assertBytes(await readAll(rig.driver, path), bytes);
  t.is(rig.reads(), 2);
});

test('a blob larger than the whole cache bypasses it', async (t) => {
  const rig = await cacheRig(t, { maxsize: '1MiB' });
  const blob = blobOf(MIB + 1);
  await store(rig.backend, blob);
  for (let round = 0; round < 2; round += 1) assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
  t.is(rig.reads(), 2);
  t.deepEqual(rig.warnings, []);
});

test('the least recently used copy makes room, and a read of it continues', async (t) => {
  const rig = await cacheRig(t, { maxsize: 5 * MIB });
  const [first, second, third] = [blobOf(2 * MIB, 1), blobOf(2 * MIB, 2), blobOf(2 * MIB, 3)];
  await store(rig.backend, first, second, third);
  for (const [index, { path }] of [first, second].entries()) {
    await readAll(rig.driver, path);
    await until(async () => (await rig.copies()).length === index + 1);
  }
  const hit = await rig.driver.read(second.path);
  const oldest = await rig.driver.read(first.path);
  // Now the second is the least recently used one.
  await readAll(rig.driver, third.path);
  await until(async () => (await rig.copies()).includes(third.digest.slice(7)));
  t.deepEqual(await rig.copies(), [first, third].map(({ digest }) => digest.slice(7)).sort());
  assertBytes(await drain(hit), second.bytes);
  assertBytes(await drain(oldest), first.bytes);
  t.is(rig.reads(), 3);
});

test('a missing blob is not-found, and nothing is left of the attempt', async (t) => {
  const rig = await cacheRig(t);
  const { path } = blobOf(10);
  await t.throwsAsync(rig.driver.read(path), { code: 'not-found' });
  t.is(await rig.driver.stat(path), undefined);
  t.deepEqual(await rig.copies(), []);
});

test('stat is the answer of the backend: a blob that another instance has deleted is gone', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(1000);
  await store(rig.backend, blob);
  await readAll(rig.driver, blob.path);
  await until(async () => (await rig.copies()).length === 1);
  t.is((await rig.driver.stat(blob.path))?.size, 1000);
  await rig.backend.delete(blob.path);
  t.is(await rig.driver.stat(blob.path), undefined);
});

const parent = (path: string): string => path.slice(0, path.lastIndexOf('/'));

for (const [what, target] of [
  ['the blob', (path: string) => path],
  ['its folder', parent],
  ['the folder of all blobs', () => '/docker/registry/v2/blobs'],
  ['everything', () => '/docker'],
] as const) {
  test(`deleting ${what} through the cache deletes the copy`, async (t) => {
    const rig = await cacheRig(t);
    const blob = blobOf(1000);
    await store(rig.backend, blob);
    await readAll(rig.driver, blob.path);
    await until(async () => (await rig.copies()).length === 1);
    await rig.driver.delete(at(target(blob.path)));
    t.deepEqual(await rig.copies(), []);
    await t.throwsAsync(rig.driver.read(blob.path), { code: 'not-found' });
  });
}

test('deletes of other things leave the copies alone', async (t) => {
  const rig = await cacheRig(t);
  const [kept, deleted] = [blobOf(1000, 1), blobOf(1000, 2)];
  await store(rig.backend, kept, deleted);
  await rig.backend.write(at('/docker/registry/v2/repositories/a/_uploads/1/data'), content(4));
  await readAll(rig.driver, kept.path);
  await until(async () => (await rig.copies()).length === 1);
  await rig.driver.delete(at('/docker/registry/v2/repositories/a/_uploads/1'));
  await rig.driver.delete(deleted.path);
  rig.backend.reset();
  assertBytes(await readAll(rig.driver, kept.path), kept.bytes);
  t.is(rig.reads(), 0);
});

test('moves from and onto a blob, writes and writers drop its copy', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(1000);
  const changes: (() => Promise<unknown>)[] = [
    () => rig.driver.move(at('/upload'), blob.path),
    () => rig.driver.write(blob.path, blob.bytes),
    async () => {
      await using writer = await rig.driver.openWriter(blob.path, { append: false });
      await writer.append(bodyOf(blob.bytes));
      await writer.commit();
    },
    () => rig.driver.move(blob.path, at('/elsewhere')),
  ];
  await store(rig.backend, blob);
  for (const change of changes) {
    await rig.backend.write(at('/upload'), blob.bytes);
    await readAll(rig.driver, blob.path);
    await until(async () => (await rig.copies()).length === 1);
    await change();
    t.deepEqual(await rig.copies(), []);
  }
  await t.throwsAsync(rig.driver.read(blob.path), { code: 'not-found' });
});

test('it returns no URLs, because a client that follows one bypasses the cache', async (t) => {
  const inner = new MemoryDriver();
  const redirecting = Object.assign(inner, {
    capabilities: { ...inner.capabilities, redirect: true },
    redirectUrl: async () => new URL('https://bucket.example.com'),
  });
  const rig = await cacheRig(t, { backend: redirecting });
  t.false(rig.driver.capabilities.redirect);
  t.is(await rig.driver.redirectUrl?.(blobOf(1).path, { method: 'GET', expiresInMs: 1 }), undefined);
});

test('a relative folder starts at the folder of the configuration', async (t) => {
  const root = await tempRoot(t);
  const context = { ...pluginContext(), baseFolder: root };
  const backend = new MemoryDriver();
  const driver = await wrap(backend, { definition: cache, options: { folder: 'a/cache' }, context });
  const blob = blobOf(100);
  await store(backend, blob);
  await readAll(driver, blob.path);
  await driver[Symbol.asyncDispose]();
  const again = await cacheRig(t, { folder: join(root, 'a/cache'), backend });
  t.true((await again.copies()).length <= 1);
  await t.notThrowsAsync(() => readAll(again.driver, blob.path));
});

test('a folder that cannot be used stops the start and says what to do', async (t) => {
  const root = await tempRoot(t);
  await writeFile(join(root, 'file'), '');
  const folder = join(root, 'file', 'cache');
  const error = await t.throwsAsync(wrap(new MemoryDriver(), { definition: cache, options: { folder } }));
  t.regex(error.message, /^cache: cannot use the folder ".*file\/cache": .*ENOTDIR/);
  t.regex(error.message, /Set folder to one/);
});

for (const [options, problem] of [
  [{}, /^folder: must name a folder on a local disk/],
  [{ folder: '' }, /^folder: must name a folder/],
  [{ folder: 'a', maxsize: 'much' }, /^maxsize: must be a size of at least 1 .*found "much"/],
  [{ folder: 'a', maxsize: 0 }, /^maxsize: must be a size/],
  [{ folder: 'a', maxsize: '1.5' }, /^maxsize: must be a size/],
  [{ folder: 'a', minfilesize: -1 }, /^minfilesize: must be a size of at least 0/],
  [{ folder: 'a', maxfilesize: '1KiB', minfilesize: '2KiB' }, /^minfilesize: must not be greater/],
  [{ folder: 'a', maxSize: '1GiB' }, /maxSize/],
] as const) {
  test(`${JSON.stringify(options)} is refused by name`, async (t) => {
    t.regex((await problemsOf({ definition: cache, options })).join(), problem);
  });
}
