import { mkdir, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { guardDriver } from '../../../../core/driver/index.ts';
import filesystem from '../../../../drivers/filesystem/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { BlobCache } from '../../../../plugins/wrappers/cache/blob-cache.ts';
import { CacheDriver } from '../../../../plugins/wrappers/cache/cache-driver.ts';
import { CachedFiles } from '../../../../plugins/wrappers/cache/cached-files.ts';
import { DiskFailures } from '../../../../plugins/wrappers/cache/disk-failures.ts';
import { assertBytes, content, KIB, MIB, readAll } from '../../../../testing/driver-case.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { blobOf, bytesBelow, cacheRig, store, until, untilCopied } from './cache-rig.ts';

/** Ways to damage a copy so that its size, or even its times, stay. */
const DAMAGES: Readonly<Record<string, (file: string, size: number) => Promise<void>>> = {
  'other bytes of the same length': (file, size) => writeFile(file, content(size, 99)),
  'other bytes under the same times': async (file, size) => {
    const { atime, mtime } = await stat(file);
    await writeFile(file, content(size, 99));
    await utimes(file, atime, mtime);
  },
  'another file of the same length': async (file, size) => {
    await rm(file);
    await writeFile(file, content(size, 99));
  },
  'missing bytes': (file, size) => truncate(file, size - 1),
  'more bytes': (file, size) => writeFile(file, content(size + 1)),
  'no bytes': (file) => truncate(file, 0),
};

for (const [damage, apply] of Object.entries(DAMAGES)) {
  for (const when of ['while it runs', 'before a restart'] as const) {
    for (const size of [4 * KIB, 700 * KIB]) {
      test(`a copy of ${size} bytes with ${damage} ${when} is never served, and made again`, async (t) => {
        const backend = new MemoryDriver();
        const blob = blobOf(size);
        let rig = await cacheRig(t, { backend });
        await store(backend, blob);
        // Twice, so that any cache of contents has had its chance.
        for (let round = 0; round < 3; round += 1) await untilCopied(rig, blob);
        if (when === 'before a restart') await rig.driver[Symbol.asyncDispose]();
        await apply(rig.fileOf(blob), size);
        if (when === 'before a restart') rig = await cacheRig(t, { backend, folder: rig.folder });
        rig.backend.reset();
        assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
        t.is(rig.reads(), 1);
        t.is(rig.warnings.length, 1);
        t.regex(rig.warnings.join(), new RegExp(`the copy of ${blob.digest} was modified by another program`));
        await untilCopied(rig, blob);
        t.is(rig.reads(), 1);
      });
    }
  }
}

test('a folder in place of a copy, or a removed copy, counts as absent', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(1000);
  await store(rig.backend, blob);
  for (let round = 0; round < 3; round += 1) {
    await untilCopied(rig, blob);
    await rm(rig.fileOf(blob));
  }
  await mkdir(rig.fileOf(blob));
  for (let round = 0; round < 3; round += 1) assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
  t.true((await stat(rig.fileOf(blob))).isDirectory());
});

test('a blob that is corrupt at the backend is passed on as it is, never kept, and reported once', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(300 * KIB);
  const corrupt = content(300 * KIB, 99);
  await rig.backend.write(blob.path, corrupt);
  for (let round = 0; round < 3; round += 1) assertBytes(await readAll(rig.driver, blob.path), corrupt);
  t.deepEqual(await rig.copies(), []);
  t.is(rig.warnings.length, 1);
  t.regex(rig.warnings.join(), new RegExp(`the storage has corrupt content for ${blob.digest}`));
});

for (const fault of ['short', 'before'] as const) {
  test(`a backend that fails ${fault === 'short' ? 'in the middle' : 'at the start'} of a copy leaves no copy, and the reader gets the right bytes`, async (t) => {
    const faulty = new FaultInjector(new MemoryDriver());
    const rig = await cacheRig(t, { backend: faulty });
    const blob = blobOf(3 * MIB);
    await store(faulty, blob);
    faulty.plan({ fault, index: 1 });
    // The first call is the stat.
    assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
    t.is(faulty.hit?.call, 'read');
    t.is(rig.reads(), 2);
    t.deepEqual(await rig.copies(), []);
    t.deepEqual(rig.warnings, []);
    await untilCopied(rig, blob);
  });
}

test('a backend that stays away is an error of the driver, not a short blob', async (t) => {
  const faulty = new FaultInjector(new MemoryDriver());
  const rig = await cacheRig(t, { backend: faulty });
  const blob = blobOf(3 * MIB);
  await store(faulty, blob);
  faulty.plan({ fault: 'dead', index: 1 });
  await t.throwsAsync(readAll(rig.driver, blob.path), { code: 'unavailable' });
  t.deepEqual(await rig.copies(), []);
});

test('a cache folder that takes no files costs one warning, and every read is correct', async (t) => {
  const rig = await cacheRig(t);
  const blobs = [1, 2, 3, 4].map((seed) => blobOf(100 * KIB, seed));
  await store(rig.backend, ...blobs);
  await writeFile(join(rig.folder, 'filling'), 'in the way');
  for (const { path, bytes } of [...blobs, ...blobs]) assertBytes(await readAll(rig.driver, path), bytes);
  t.is(rig.reads(), 8);
  t.is(rig.warnings.length, 1);
  t.regex(rig.warnings.join(), /cache: its disk fails, so blobs are read from the storage/);
});

test('a cache folder that is removed at run time is created again', async (t) => {
  const rig = await cacheRig(t);
  const blobs = [1, 2].map((seed) => blobOf(100 * KIB, seed));
  await store(rig.backend, ...blobs);
  for (const { path } of blobs) await readAll(rig.driver, path);
  await until(async () => (await rig.copies()).length === 2);
  await rm(rig.folder, { recursive: true });
  for (const { path, bytes } of blobs) assertBytes(await readAll(rig.driver, path), bytes);
  await until(async () => (await rig.copies()).length === 2);
  t.deepEqual(rig.warnings, []);
});

/** A cache whose own disk can be made to fail. */
async function withFailingDisk(folder: string) {
  const context = pluginContext();
  const disk = new FaultInjector(await filesystem.create({ rootdirectory: folder, maxthreads: 25 }, context));
  const backend = new CountingDriver(new MemoryDriver());
  const files = await CachedFiles.open({ folder, maxBytes: 64 * MIB, store: disk });
  const cache = new BlobCache(files, { minFileBytes: 0, maxFileBytes: 64 * MIB }, context.warn);
  return {
    disk,
    backend,
    warnings: context.warnings,
    driver: guardDriver(new CacheDriver(guardDriver(backend), cache, [cache])),
  };
}

// Calls of a copy: openWriter, append, reads of followers, commit, move.
for (let index = 0; index < 7; index += 1) {
  for (const fault of ['before', 'after', 'short'] as const) {
    test(`when call ${index} of the cache's own disk fails (${fault}), the reader gets the right bytes and nothing wrong is kept`, async (t) => {
      const folder = await tempRoot(t);
      const { disk, backend, driver, warnings } = await withFailingDisk(folder);
      const blob = blobOf(2 * MIB);
      await store(backend, blob);
      disk.plan({ fault, index });
      assertBytes(await readAll(driver, blob.path), blob.bytes);
      disk.heal();
      assertBytes(await readAll(driver, blob.path), blob.bytes);
      await driver[Symbol.asyncDispose]();
      t.true(warnings.length <= 1, warnings.join());
      const copies = await readdir(join(folder, 'blobs/sha256')).catch(() => []);
      for (const name of copies) assertBytes(await readFile(join(folder, 'blobs/sha256', name)), blob.bytes);
      t.is(await bytesBelow(folder), copies.length * blob.bytes.byteLength);
    });
  }
}

test('a copy that fails while it is read is not used again, and the reader gets an error', async (t) => {
  const folder = await tempRoot(t);
  const { disk, backend, driver, warnings } = await withFailingDisk(folder);
  const blob = blobOf(2 * MIB);
  await store(backend, blob);
  await readAll(driver, blob.path);
  await until(async () => (await readdir(join(folder, 'blobs/sha256')).catch(() => [])).length === 1);
  // From here on the copy is known.
  await until(async () => {
    backend.reset();
    await readAll(driver, blob.path);
    return backend.count('read') === 0;
  });
  disk.plan({ fault: 'short', index: 0 });
  await t.throwsAsync(readAll(driver, blob.path), { code: 'unavailable' });
  disk.heal();
  backend.reset();
  assertBytes(await readAll(driver, blob.path), blob.bytes);
  t.is(backend.count('read'), 1);
  t.is(warnings.length, 1);
});

test('a disk that works again is used again after a while, and fails with another warning', async (t) => {
  let now = 0;

  const warnings: string[] = [];
  const trouble = new DiskFailures(
    (message) => void warnings.push(message),
    () => now,
  );
  t.false(trouble.isPaused);
  trouble.note(new Error('full'));
  trouble.note(new Error('full'));
  t.true(trouble.isPaused);
  t.is(warnings.length, 1);
  now = 60_000;
  t.false(trouble.isPaused);
  trouble.end();
  trouble.note(new Error('full again'));
  t.is(warnings.length, 2);
});
