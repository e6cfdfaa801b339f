import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'ava';
import { mapConcurrently } from '../../../../core/async/concurrency.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { ownFolderName } from '../../../../plugins/wrappers/cache/fill-folders.ts';
import { assertBytes, chunked, content, drain, KIB, MIB, readAll } from '../../../../testing/driver-case.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { blobOf, bytesBelow, cacheRig, type StoredBlob, store, untilCopied } from './cache-rig.ts';

/** A stream that delivers this many bytes and then stalls until it is released. */
function stallingBackend(blob: StoredBlob, after: number) {
  const go = Promise.withResolvers<void>();
  const inner = new MemoryDriver();
  const read: StorageDriver['read'] = async (path, options) => {
    const stream = await MemoryDriver.prototype.read.call(inner, path, options);
    if (path !== blob.path || (options?.start ?? 0) > 0) return stream;
    stream.destroy();
    return Readable.from(
      (async function* () {
        yield* chunked(blob.bytes.subarray(0, after));
        await go.promise;
        yield blob.bytes.subarray(after);
      })(),
      { objectMode: false },
    );
  };
  return { driver: Object.assign(inner, { read }), go: go.resolve };
}

test('a hundred readers that miss the same blob at once cost one read of the backend, and all get its bytes', async (t) => {
  const rig = await cacheRig(t);
  const blob = blobOf(3 * MIB + 5);
  await store(rig.backend, blob);
  await mapConcurrently(Array.from({ length: 100 }), 100, async () =>
    assertBytes(await readAll(rig.driver, blob.path), blob.bytes),
  );
  t.is(rig.reads(), 1);
  await untilCopied(rig, blob);
  t.is(rig.reads(), 1);
});

test('hundreds of readers of a small cache get the right bytes while copies come and go', async (t) => {
  const seed = 20240607;
  t.log(`seed ${seed}`);
  const random = randomFrom(seed);
  const rig = await cacheRig(t, { maxsize: '1MiB' });
  const blobs = Array.from({ length: 40 }, (_, index) => blobOf(1 + Math.floor(random() * 160 * KIB), index));
  await store(rig.backend, ...blobs);
  const picks = Array.from({ length: 1200 }, () => {
    // Some blobs are read much more often than others.
    const blob = blobs[Math.floor(random() ** 2 * blobs.length)] as StoredBlob;
    const size = blob.bytes.byteLength;
    const start = random() < 0.7 ? 0 : Math.floor(random() * size);
    return { blob, start, end: start === 0 ? undefined : start + Math.floor(random() * size), drops: random() < 0.02 };
  });
  let most = 0;
  await mapConcurrently(picks, 300, async ({ blob, start, end, drops }) => {
    assertBytes(await readAll(rig.driver, blob.path, start, end), blob.bytes.subarray(start, end));
    if (drops) await rig.driver.write(blob.path, blob.bytes);
    if (random() < 0.05) most = Math.max(most, await bytesBelow(rig.folder));
  });
  t.deepEqual(rig.warnings, []);
  t.true(rig.reads() < picks.length, 'some came from the disk');
  t.true(most <= MIB, `${most} bytes lay in the cache`);
  await rig.driver[Symbol.asyncDispose]();
  t.true((await bytesBelow(rig.folder)) <= MIB);
  const after = await cacheRig(t, { folder: rig.folder, maxsize: '1MiB', backend: rig.backend });
  for (const { path, bytes } of blobs) assertBytes(await readAll(after.driver, path), bytes);
  t.deepEqual(after.warnings, []);
});

test('a reader that leaves in the middle does not end the copy for the others', async (t) => {
  const blob = blobOf(2 * MIB);
  const { driver: backend, go } = stallingBackend(blob, MIB);
  await backend.write(blob.path, blob.bytes);
  const rig = await cacheRig(t, { backend });
  const [leaving, staying] = [await rig.driver.read(blob.path), await rig.driver.read(blob.path)];
  for await (const chunk of leaving as AsyncIterable<Buffer>) {
    t.true(chunk.byteLength > 0);
    break;
  }
  go();
  assertBytes(await drain(staying), blob.bytes);
  t.is(rig.reads(), 1);
  await untilCopied(rig, blob);
  t.is(rig.reads(), 1);
});

test('readers get the bytes that a silent backend has sent, and their signal ends them', async (t) => {
  const blob = blobOf(2 * MIB);
  const { driver: backend } = stallingBackend(blob, MIB);
  await backend.write(blob.path, blob.bytes);
  const rig = await cacheRig(t, { backend });
  const controller = new AbortController();
  const stream = await rig.driver.read(blob.path, { signal: controller.signal });
  const closed = new Promise((resolve) => stream.once('close', resolve));
  const got: Buffer[] = [];
  const error = await t.throwsAsync(async () => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      got.push(chunk);
      controller.abort();
    }
  });
  t.like(error, { code: 'aborted' });
  await closed;
  const bytes = Buffer.concat(got);
  assertBytes(bytes, blob.bytes.subarray(0, bytes.byteLength));
  t.true(bytes.byteLength > 0);
});

test('disposing the cache ends a stalled copy, and leaves nothing of it', async (t) => {
  const blob = blobOf(2 * MIB);
  const { driver: backend } = stallingBackend(blob, MIB);
  await backend.write(blob.path, blob.bytes);
  const rig = await cacheRig(t, { backend });
  const stream = await rig.driver.read(blob.path);
  stream.destroy();
  await rig.driver[Symbol.asyncDispose]();
  t.is(await bytesBelow(rig.folder), 0);
});

test('deleting a blob while it is being copied prevents the copy', async (t) => {
  const blob = blobOf(2 * MIB);
  const { driver: backend, go } = stallingBackend(blob, MIB);
  await backend.write(blob.path, blob.bytes);
  const rig = await cacheRig(t, { backend });
  const stream = await rig.driver.read(blob.path);
  await rig.driver.delete(blob.path);
  go();
  await drain(stream).catch(() => undefined);
  await t.throwsAsync(rig.driver.read(blob.path), { code: 'not-found' });
  await rig.driver[Symbol.asyncDispose]();
  t.is(await bytesBelow(rig.folder), 0);
});

test('blobs beyond the limit of simultaneous copies bypass the cache, without a queue', async (t) => {
  const gated = new GatedDriver(new MemoryDriver());
  const rig = await cacheRig(t, { backend: gated });
  const blobs = Array.from({ length: 17 }, (_, seed) => blobOf(1000, seed));
  await store(gated, ...blobs);
  const last = blobs.at(-1) as StoredBlob;
  const gates = blobs
    .slice(0, 16)
    .map(({ path }) => gated.holdNext((site) => site.call === 'read' && site.path === path));
  const waiting = blobs.slice(0, 16).map(({ path }) => readAll(rig.driver, path));
  await Promise.all(gates.map(({ reached }) => reached));
  assertBytes(await readAll(rig.driver, last.path), last.bytes);
  for (const gate of gates) gate.open();
  for (const [index, bytes] of (await Promise.all(waiting)).entries()) assertBytes(bytes, content(1000, index));
  t.is(rig.reads(), 17);
});

test('copies are used after a restart without asking the backend for bytes', async (t) => {
  const backend = new MemoryDriver();
  const first = await cacheRig(t, { backend });
  const blobs = [1, 4 * KIB, 2 * MIB].map((size) => blobOf(size, size));
  await store(backend, ...blobs);
  for (const blob of blobs) await untilCopied(first, blob);
  await first.driver[Symbol.asyncDispose]();
  const second = await cacheRig(t, { backend, folder: first.folder });
  for (let round = 0; round < 2; round += 1) {
    for (const { path, bytes } of blobs) {
      assertBytes(await readAll(second.driver, path), bytes);
      assertBytes(await readAll(second.driver, path, 1), bytes.subarray(1));
    }
  }
  t.is(second.reads(), 0);
});

test('a restart with less space removes the oldest copies, and foreign files in the folder stay', async (t) => {
  const backend = new MemoryDriver();
  const first = await cacheRig(t, { backend });
  const blobs = [1, 2, 3].map((seed) => blobOf(MIB, seed));
  await store(backend, ...blobs);
  for (const blob of blobs) await untilCopied(first, blob);
  await first.driver[Symbol.asyncDispose]();
  await writeFile(join(first.folder, 'blobs/sha256/README'), 'not a digest');
  const second = await cacheRig(t, { backend, folder: first.folder, maxsize: '2.5MiB' });
  const kept = blobs.slice(1).map(({ digest }) => digest.slice(7));
  t.deepEqual(await second.copies(), [...kept, 'README'].sort());
});

test('two caches on one folder share copies, and a copy that one removes is missing for the other', async (t) => {
  const backend = new MemoryDriver();
  const one = await cacheRig(t, { backend });
  const two = await cacheRig(t, { backend, folder: one.folder });
  const blobs = Array.from({ length: 20 }, (_, seed) => blobOf(50 * KIB + seed, seed));
  await store(backend, ...blobs);
  await mapConcurrently([...blobs, ...blobs, ...blobs], 60, async ({ path, bytes }, index) => {
    assertBytes(await readAll((index % 2 === 0 ? one : two).driver, path), bytes);
  });
  for (const blob of blobs) await untilCopied(one, blob);
  two.backend.reset();
  for (const { path, bytes } of blobs) assertBytes(await readAll(two.driver, path), bytes);
  t.is(two.reads(), 0);
  const [deleted] = blobs as [StoredBlob];
  await one.driver.delete(deleted.path);
  await t.throwsAsync(two.driver.read(deleted.path), { code: 'not-found' });
  t.deepEqual([...one.warnings, ...two.warnings], []);
});

test('a partial copy of a killed process is never served, and gone after the next start', async (t) => {
  const folder = join(await tempRoot(t), 'cache');
  const blob = blobOf(2 * MIB);
  const script = new URL('cache-filler.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder, String(2 * MIB)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  t.true((await bytesBelow(folder)) > 0);
  child.kill('SIGKILL');
  await exited;
  const rig = await cacheRig(t, { folder });
  t.is(await bytesBelow(folder), 0);
  await store(rig.backend, blob);
  assertBytes(await readAll(rig.driver, blob.path), blob.bytes);
  t.is(rig.reads(), 1);
});

test('partial copies of a live process stay, those of other hosts for a day', async (t) => {
  const folder = join(await tempRoot(t), 'cache');
  const own = ownFolderName();
  const [, host = ''] = /^(.*)-\d+-\d+$/.exec(own) ?? [];
  const [alive, gone, earlier, foreign] = [
    `${host}-1-1`,
    `${host}-999999999-1`,
    `${host}-${process.pid}-1`,
    'other-1-1',
  ];
  for (const name of [own, alive, gone, earlier, foreign])
    await mkdir(join(folder, 'filling', name), { recursive: true });
  await cacheRig(t, { folder });
  t.deepEqual(await readdir(join(folder, 'filling')), [own, alive, foreign].sort());
});

/** Numbers from 0 to 1 that follow from the seed. */
function randomFrom(seed: number): () => number {
  const words = content(64 * KIB, seed);
  let position = 0;
  return () => {
    position = (position + 4) % words.byteLength;
    return words.readUInt32LE(position) / 2 ** 32;
  };
}
