import { DriverError, type DriverWriter, type StorageDriver } from '../../../core/driver/index.ts';
import { assertBytes, at, bodyOf, chunked, content, readAll } from '../../../testing/driver-case.ts';
import { BLOCK_BYTES, keysOf, openAzure, openContainer } from './azure-driver.ts';
import { emulatorUrl, newContainer, testsWithEmulator } from './emulator.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('uploads');
const PATH = at('/up/data');
const BLOB = at('/blob/data');

/** Two drivers as in two processes, and their container. */
async function twoDrivers(url?: string) {
  const name = await newContainer();
  const address = url ?? (await emulatorUrl());
  const [old, young] = [await openAzure(name, address), await openAzure(name, address)];
  return { old, young, container: openContainer(name, address) };
}

async function begin(driver: StorageDriver, bytes: Buffer): Promise<void> {
  await using writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(bytes));
}

/** A writer that has resumed the upload and is still open. */
async function goOn(driver: StorageDriver, bytes: Buffer): Promise<DriverWriter> {
  const writer = await driver.openWriter(PATH, { append: true });
  await writer.append(bodyOf(bytes));
  return writer;
}

test('each chunk of an upload may arrive at a different process, whatever its size', async (t) => {
  const { old, young, container } = await twoDrivers();
  const sizes = [0, 1, 1000, BLOCK_BYTES - 1, BLOCK_BYTES, 24 * BLOCK_BYTES + 7, 5, 2 * BLOCK_BYTES, 600_000];
  const chunks = sizes.map((size, seed) => content(size, seed));
  let size = 0;
  for (const [index, chunk] of chunks.entries()) {
    await using writer = await (index % 2 === 0 ? old : young).openWriter(PATH, { append: index > 0 });
    t.is(writer.size, size);
    await writer.append(chunked(chunk, 50_000));
    size += chunk.byteLength;
  }
  t.is(await old.stat(PATH), undefined);
  await (await old.openWriter(PATH, { append: true })).commit(BLOB);
  assertBytes(await readAll(young, BLOB), Buffer.concat(chunks));
  t.deepEqual(await keysOf(container), ['blob/data']);
});

for (const begunBytes of [0, 100, 2 * BLOCK_BYTES + 77]) {
  test(`a stopped instance that wakes up late adds nothing to an upload that was taken over after ${begunBytes} bytes`, async (t) => {
    const { old, young, container } = await twoDrivers();
    const begun = content(begunBytes, 1);
    await begin(old, begun);
    const stopped = await goOn(old, content(3 * BLOCK_BYTES + 5, 2));
    const winner = await young.openWriter(PATH, { append: true, upTo: begunBytes });
    t.true(winner.tookOver);
    t.is(winner.size, begunBytes);
    await stopped.append(bodyOf(content(24 * BLOCK_BYTES, 9))).catch(() => undefined);
    await winner.append(bodyOf(content(BLOCK_BYTES + 9, 3)));
    await stopped.append(bodyOf(content(2 * BLOCK_BYTES, 9))).catch(() => undefined);
    const error = await t.throwsAsync(stopped.commit(BLOB));
    t.true(DriverError.is(error, 'conflict'), String(error));
    t.true(DriverError.is(await t.throwsAsync(async () => stopped[Symbol.asyncDispose]()), 'conflict'));
    await winner[Symbol.asyncDispose]();

    await using next = await old.openWriter(PATH, { append: true });
    t.false(next.tookOver);
    await next.append(bodyOf(content(2 * BLOCK_BYTES + 1, 4)));
    await next.commit(BLOB);
    const wanted = Buffer.concat([begun, content(BLOCK_BYTES + 9, 3), content(2 * BLOCK_BYTES + 1, 4)]);
    assertBytes(await readAll(young, BLOB), wanted);
    t.deepEqual(await keysOf(container), ['blob/data']);
  });
}

test('of two that end an upload in blocks one makes the blob, and late blocks of the other never count', async (t) => {
  const { container } = await twoDrivers();
  const [first, second] = [content(1000, 1), content(1000, 2)];
  const upload = await container.beginUpload('up/~blocks');
  await upload.part({ chunks: [first], start: 0, isChecked: true });
  const taker = container.resumeUpload(upload);
  t.is((await taker.end(1000)).size, 1000);
  await upload.part({ chunks: [second], start: 1000, isChecked: true });
  const error = await t.throwsAsync(upload.complete({ chunks: [], start: 2000, crc32c: 7, isChecked: true }));
  t.true(DriverError.is(error, 'conflict'), String(error));
  t.is((await container.head('up/~blocks'))?.size, 1000);
  // Also after the taker has removed the blob.
  await container.delete('up/~blocks');
  await upload.part({ chunks: [second], start: 1000, isChecked: true });
  await t.throwsAsync(container.resumeUpload(upload).complete({ chunks: [], start: 2000, crc32c: 7, isChecked: true }));
  t.is(await container.head('up/~blocks'), undefined);
});

test('a part that was sent in another size before does not count', async (t) => {
  const { container } = await twoDrivers();
  const bytes = content(3000, 1);
  const upload = await container.beginUpload('up/~blocks');
  await upload.part({ chunks: [content(3000, 9)], start: 0, isChecked: true });
  await upload.part({ chunks: [bytes.subarray(0, 1000)], start: 0, isChecked: true });
  await upload.complete({ chunks: [bytes.subarray(1000)], start: 1000, crc32c: undefined, isChecked: false });
  const { body } = await container.get('up/~blocks', { start: 0, end: Infinity });
  t.true(Buffer.concat((await body.toArray()) as Buffer[]).equals(bytes));
});

test('a cancelled upload leaves neither a blob nor blocks', async (t) => {
  const { old, container } = await twoDrivers();
  const writer = await old.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(24 * BLOCK_BYTES)));
  await writer.cancel();
  t.deepEqual(await keysOf(container), []);
});

test('what each request costs: as many calls as the documentation says', async (t) => {
  const { proxy, url } = await startProxy(t);
  const { old } = await twoDrivers(url);
  const calls = async (action: () => Promise<unknown>): Promise<number> => {
    const before = proxy.seen.length;
    await action();
    return proxy.seen.length - before;
  };
  const measured = {
    'begin an upload': await calls(() => begin(old, Buffer.alloc(0))),
    // The state, a claim, a block, the state.
    'a chunk of 256 KiB': await calls(async () => (await goOn(old, content(BLOCK_BYTES, 1)))[Symbol.asyncDispose]()),
    // The state, its end, the blocks, the list of them, a copy, two removals.
    'finish it': await calls(async () => (await old.openWriter(PATH, { append: true })).commit(BLOB)),
    'a blob of 1 KiB': await calls(() => writeWhole(old, 1024)),
    'a blob of 20 MiB': await calls(() => writeWhole(old, 80 * BLOCK_BYTES)),
    stat: await calls(() => old.stat(BLOB)),
    'read it': await calls(() => readAll(old, BLOB)),
    move: await calls(() => old.move(BLOB, at('/moved/data'))),
    'delete a folder of 300 files': await (async () => {
      await Promise.all(Array.from({ length: 300 }, (_, file) => old.write(at(`/folder/${file}`), content(1))));
      return calls(() => old.delete(at('/folder')));
    })(),
  };
  t.deepEqual(measured, {
    'begin an upload': 1,
    'a chunk of 256 KiB': 4,
    'finish it': 7,
    'a blob of 1 KiB': 1,
    'a blob of 20 MiB': 7,
    stat: 1,
    'read it': 1,
    move: 3,
    'delete a folder of 300 files': 4,
  });
});

async function writeWhole(driver: StorageDriver, bytes: number): Promise<void> {
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(chunked(content(bytes)));
  await writer.commit(BLOB);
}
