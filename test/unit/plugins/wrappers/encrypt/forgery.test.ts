import test, { type ExecutionContext } from 'ava';
import { DriverError, type ReadOptions } from '../../../../../core/driver/index.ts';
import {
  FRAME_BYTES,
  frameOffset,
  HEADER_BYTES,
  TRAILER_BYTES,
} from '../../../../../plugins/wrappers/encrypt/layout.ts';
import { assertBytes, at, bodyOf, content, drain, readAll, writeStream } from '../../../../../testing/driver-case.ts';
import { type EncryptedStore, encryptedStore, pathsIn, storedBytes } from './encrypted-store.ts';

const LARGE = content(3 * FRAME_BYTES + 1000);
/** Parts of a file of that size: everything, its end, its second frame, and a piece that reaches neither end. */
const RANGES: readonly ReadOptions[] = [
  {},
  { start: LARGE.byteLength - 5 },
  { start: FRAME_BYTES, end: 2 * FRAME_BYTES },
];

/** Reading gives an error, and before it no byte that is wrong. */
async function assertRefused(
  t: ExecutionContext,
  store: EncryptedStore,
  path: string,
  right: Buffer,
  range: ReadOptions,
) {
  // Nothing is known of earlier reads.
  const { driver } = await encryptedStore(store.inner);
  const got: Buffer[] = [];
  const error = await t.throwsAsync(async () => {
    for await (const chunk of await driver.read(at(path), range)) got.push(chunk as Buffer);
  });
  t.true(DriverError.is(error, 'damaged') || DriverError.is(error, 'denied'), String(error));
  t.true(DriverError.is(error) && error.path === path && error.driver === 'inmemory', String(error));
  const { start = 0 } = range;
  const bytes = Buffer.concat(got);
  t.true(bytes.equals(right.subarray(start, start + bytes.byteLength)), 'wrong bytes came before the error');
  return bytes.byteLength;
}

async function storeOf(files: Readonly<Record<string, Buffer>>): Promise<EncryptedStore> {
  const store = await encryptedStore();
  for (const [path, bytes] of Object.entries(files)) await writeStream(store.driver, path, bytes);
  return store;
}

test('nothing that is stored shows its content, or the salt of another file', async (t) => {
  const store = await storeOf({ '/a': LARGE });
  await store.driver.write(at('/b/c'), LARGE.subarray(0, 100));
  await using writer = await store.driver.openWriter(at('/open'), { append: false });
  await writer.append(bodyOf(LARGE));
  await writer[Symbol.asyncDispose]();
  const paths = await pathsIn(store.inner);
  t.true(paths.length >= 4);
  for (const path of paths) {
    const stored = await storedBytes(store, path);
    for (const start of [0, FRAME_BYTES - 50, 2 * FRAME_BYTES])
      t.false(stored.includes(LARGE.subarray(start, start + 16)), path);
  }
});

test('a changed byte, wherever it is, is an error of its own', async (t) => {
  const store = await storeOf({ '/small': content(40) });
  const stored = await storedBytes(store, '/small');
  for (let index = 0; index < stored.byteLength; index += 1) {
    const changed = Buffer.from(stored);
    changed[index] = (changed[index] ?? 0) ^ 1;
    await store.inner.write(at('/small'), changed);
    for (const range of [{}, { start: 3 }, { start: 3, end: 5 }]) {
      t.is(await assertRefused(t, store, '/small', content(40), range), 0);
    }
  }
});

const frame = (stored: Buffer, index: number): Buffer =>
  stored.subarray(frameOffset(index), Math.min(frameOffset(index + 1), stored.byteLength - TRAILER_BYTES));

/** What somebody can do to a stored file who has no key, and may have copies of it. */
const ATTACKS: Readonly<Record<string, (stored: Buffer, other: Buffer) => Buffer>> = {
  'two frames change places': (stored) => {
    const rest = [frame(stored, 1), frame(stored, 0), stored.subarray(frameOffset(2))];
    return Buffer.concat([stored.subarray(0, HEADER_BYTES), ...rest]);
  },
  'a frame comes from the same place of another file': (stored, other) => {
    const changed = Buffer.from(stored);
    frame(other, 1).copy(changed, frameOffset(1));
    return changed;
  },
  'the file is cut at the border of a frame': (stored) => stored.subarray(0, frameOffset(2)),
  'the file is cut at the border of a frame, and has its old trailer': (stored) =>
    Buffer.concat([stored.subarray(0, frameOffset(2)), stored.subarray(-TRAILER_BYTES)]),
  'the file is cut after its last frame': (stored) => stored.subarray(0, -TRAILER_BYTES),
  'a frame is left out': (stored) =>
    Buffer.concat([stored.subarray(0, frameOffset(1)), stored.subarray(frameOffset(2))]),
  'the file grows by a frame of its own': (stored) =>
    Buffer.concat([stored.subarray(0, frameOffset(3)), frame(stored, 2), stored.subarray(frameOffset(3))]),
  'it is another file of the same size': (_, other) => Buffer.from(other),
  'it has the header of another file': (stored, other) =>
    Buffer.concat([other.subarray(0, HEADER_BYTES), stored.subarray(HEADER_BYTES)]),
  'it has the trailer of another file': (stored, other) =>
    Buffer.concat([stored.subarray(0, -TRAILER_BYTES), other.subarray(-TRAILER_BYTES)]),
  'it is not encrypted': () => LARGE,
  'it is empty': () => Buffer.alloc(0),
};

for (const [attack, change] of Object.entries(ATTACKS)) {
  test(`a file is refused before its first wrong byte if ${attack}`, async (t) => {
    const store = await storeOf({ '/file': LARGE, '/other': content(LARGE.byteLength, 2) });
    const changed = change(await storedBytes(store, '/file'), await storedBytes(store, '/other'));
    await store.inner.write(at('/file'), changed);
    let refused = 0;
    for (const range of RANGES) {
      const { driver } = await encryptedStore(store.inner);
      const right = LARGE.subarray(range.start ?? 0, range.end);
      const bytes = await driver
        .read(at('/file'), range)
        .then(drain)
        .catch(() => undefined);
      if (bytes === undefined) {
        refused += 1;
        await assertRefused(t, store, '/file', LARGE, range);
      } else assertBytes(bytes, right);
    }
    t.true(refused > 0);
  });
}

test('a frame of an earlier version of the file does not open', async (t) => {
  const store = await storeOf({ '/file': LARGE });
  const before = await storedBytes(store, '/file');
  await writeStream(store.driver, '/file', content(LARGE.byteLength, 2));
  const changed = await storedBytes(store, '/file');
  frame(before, 1).copy(changed, frameOffset(1));
  await store.inner.write(at('/file'), changed);
  for (const range of [{}, { start: FRAME_BYTES, end: 2 * FRAME_BYTES }]) {
    await assertRefused(t, store, '/file', content(LARGE.byteLength, 2), range);
  }
});

test('a frame that another writer of the same upload has sent does not pass for the right one', async (t) => {
  const store = await encryptedStore();
  const side = at('/stowage-encryption/paths/upload/data');
  const [begin, right, wrong] = [0, 1, 2].map((seed) => content(FRAME_BYTES, seed + 1)) as [Buffer, Buffer, Buffer];
  const open = () => store.driver.openWriter(at('/upload'), { append: true });
  const first = await store.driver.openWriter(at('/upload'), { append: false });
  await first.append(bodyOf(begin));
  await first[Symbol.asyncDispose]();
  const excluded = await open();
  await excluded.append(bodyOf(wrong));
  // Whoever controls the storage sees what the excluded writer has sent.
  const spy = await store.inner.openWriter(side, { append: true });
  await spy.commit(at('/seen'));
  const seen = await storedBytes(store, '/seen');
  await store.inner.delete(at('/seen'));
  await t.throwsAsync(async () => excluded[Symbol.asyncDispose]());
  const restored = await store.inner.openWriter(side, { append: false });
  await restored.append(bodyOf(seen.subarray(0, frameOffset(1))));
  await restored[Symbol.asyncDispose]();
  const winner = await open();
  await winner.append(bodyOf(right));
  await winner.commit();
  assertBytes(await readAll(store.driver, '/upload'), Buffer.concat([begin, right]));
  const forged = await storedBytes(store, '/upload');
  // It has the key and the number of the right one, so it opens; only the chain tells.
  seen.copy(forged, frameOffset(1), frameOffset(1));
  await store.inner.write(at('/upload'), forged);
  t.is(await assertRefused(t, store, '/upload', begin, {}), FRAME_BYTES);
});

test('a file that the storage moves, and this driver does not, is refused; so is one that is put back at its old path', async (t) => {
  const store = await storeOf({ '/a': LARGE, '/small': content(10) });
  await store.inner.move(at('/a'), at('/b'));
  await store.inner.move(at('/small'), at('/tiny'));
  for (const range of RANGES) t.is(await assertRefused(t, store, '/b', LARGE, range), 0);
  t.is(await assertRefused(t, store, '/tiny', content(10), {}), 0);
});

for (const bytes of [content(0), content(10), LARGE]) {
  test(`a file of ${bytes.byteLength} bytes is readable wherever this driver has moved it, in any process`, async (t) => {
    const store = await storeOf({ '/a': bytes });
    for (const [from, to] of [
      ['/a', '/b'],
      ['/b', '/c/d'],
      ['/c/d', '/a'],
      ['/a', '/b'],
    ] as const) {
      await store.driver.move(at(from), at(to));
      for (const { driver } of [store, await encryptedStore(store.inner)]) {
        assertBytes(await readAll(driver, to), bytes);
        assertBytes(await readAll(driver, to, 5), bytes.subarray(5));
        t.is((await driver.stat(at(to)))?.size, bytes.byteLength);
      }
    }
    await store.driver.delete(at('/b'));
    t.deepEqual(
      (await pathsIn(store.inner))
        .filter((path) => !path.startsWith('/stowage-encryption/keys/'))
        .filter((path) => path.startsWith('/stowage-encryption/paths/b')),
      [],
    );
  });
}

test('a damaged file can be moved aside, and stays damaged', async (t) => {
  const store = await storeOf({ '/a': LARGE });
  const stored = await storedBytes(store, '/a');
  stored[stored.byteLength - 1] = (stored.at(-1) ?? 0) ^ 1;
  await store.inner.write(at('/a'), stored);
  await store.driver.move(at('/a'), at('/quarantine'));
  await assertRefused(t, store, '/quarantine', LARGE, {});
});

test('a stream of a file that is replaced meanwhile ends with its bytes or an error, and the next one has the new bytes', async (t) => {
  const store = await storeOf({ '/a': LARGE });
  assertBytes(await readAll(store.driver, '/a', 5), LARGE.subarray(5));
  const other = await encryptedStore(store.inner);
  await writeStream(other.driver, '/a', content(5 * FRAME_BYTES, 3));
  // This driver knows the seal of the old file.
  assertBytes(await readAll(store.driver, '/a', 5), content(5 * FRAME_BYTES, 3).subarray(5));
  await writeStream(other.driver, '/a', content(2 * FRAME_BYTES, 4));
  assertBytes(await readAll(store.driver, '/a', 4 * FRAME_BYTES), Buffer.alloc(0));
  assertBytes(await readAll(store.driver, '/a'), content(2 * FRAME_BYTES, 4));
  t.pass();
});

test('a chunk that a reader has finished with frees its memory', async (t) => {
  const { driver } = await storeOf({ '/a': LARGE });
  const stream = await driver.read(at('/a'));
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    stream.recycle?.(chunk);
    t.is(chunk.byteLength, 0);
    stream.recycle?.(chunk);
  }
});

test('the folder of the wrapper is invisible, and nobody can use it', async (t) => {
  const { driver } = await storeOf({ '/a': content(1) });
  t.deepEqual(await pathsIn(driver), [at('/a')]);
  const own = at('/stowage-encryption/keys');
  t.is(await driver.stat(own), undefined);
  for (const code of ['not-found', 'invalid-path'] as const) {
    const calls =
      code === 'not-found'
        ? [() => driver.read(own), () => pathsIn(driver, own)]
        : [
            () => driver.write(own, content(1)),
            () => driver.openWriter(own, { append: false }),
            () => driver.move(at('/a'), own),
            () => driver.move(own, at('/a')),
            () => driver.delete(own),
          ];
    for (const call of calls) t.true(DriverError.is(await t.throwsAsync(call), code));
  }
});
