import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { type FileRest, FileStream } from '../../../../drivers/filesystem/file-stream.ts';
import { takeReadBuffer } from '../../../../drivers/filesystem/read-buffers.ts';
import { KIB, MIB } from '../../../../testing/driver-case.ts';

const FIRST = Buffer.alloc(64 * KIB);
const FILE_BYTES = 24 * MIB;

/** An open file of 24 MiB that records its reads. */
function openFile(read: (wanted: number) => Promise<number> = async (wanted) => wanted) {
  const reads: number[] = [];
  let closed = 0;
  const opened: FileRest['opened'] = {
    read: async (_buffer, wanted) => {
      reads.push(wanted);
      return read(wanted);
    },
    close: async () => void (closed += 1),
  };
  const rest: FileRest = { opened, position: FIRST.byteLength, end: FILE_BYTES, path: '/file' };
  return { rest, reads, closedTimes: () => closed };
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await setImmediate();
};

test('a consumer that takes one chunk and stops causes one small read ahead', async (t) => {
  const { rest, reads } = openFile();
  const stream = new FileStream(FIRST, rest);
  stream.once('data', () => stream.pause());
  await turns(10);
  t.deepEqual(reads, [64 * KIB]);
  t.is(stream.readableLength, 0);
  stream.destroy();
});

/** Reads a stream whose consumer takes `tookMs(position)` for the chunk that ends at `position`. */
async function consume(rest: FileRest, tookMs: (position: number) => number, upTo = FILE_BYTES): Promise<number> {
  let time = 0;
  let position = 0;
  const stream = new FileStream(FIRST, rest, () => time);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    position += chunk.byteLength;
    time += tookMs(position);
    stream.recycle(chunk);
    if (position >= upTo) break;
  }
  return position;
}

test('a consumer that is slow from the start gets small reads all the way', async (t) => {
  const { rest, reads } = openFile();
  t.is(await consume(rest, () => 41), FILE_BYTES);
  t.is(Math.max(...reads), 64 * KIB);
});

test('a consumer that stays fast gets reads that double up to 1 MiB', async (t) => {
  const { rest, reads, closedTimes } = openFile((wanted) => setImmediate(wanted));
  t.is(await consume(rest, () => 0), FILE_BYTES);
  t.deepEqual([...new Set(reads.slice(0, -1))], [64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, MIB]);
  t.is(closedTimes(), 1);
});

test('a reader in bulk gets reads of 1 MiB from the first one', async (t) => {
  const { rest, reads } = openFile();
  t.is(await consume({ ...rest, isBulk: true }, () => 0), FILE_BYTES);
  t.deepEqual([...new Set(reads.slice(0, -1))], [MIB]);
});

test('a reader in bulk that turns out slow gets smaller reads', async (t) => {
  const { rest, reads } = openFile();
  await consume({ ...rest, isBulk: true }, () => 200);
  t.is(reads.at(0), MIB);
  t.deepEqual(reads.slice(-3), [64 * KIB, 64 * KIB, 64 * KIB]);
});

test('what the kernel accepts for a client that never reads causes no reads of more than 512 KiB', async (t) => {
  const { rest, reads } = openFile();
  await consume(rest, () => 0, 4 * MIB);
  t.true(Math.max(...reads) <= 512 * KIB, String(Math.max(...reads)));
});

test('a consumer that takes fifteen chunks at once and then none for a while, as a socket does, gets small reads', async (t) => {
  const { rest, reads } = openFile();
  await consume(rest, (position) => (position % MIB === 0 ? 8_000 : 0));
  t.true(Math.max(...reads) <= 128 * KIB, String(Math.max(...reads)));
});

test('a consumer that becomes slow gets smaller reads step by step, and smaller memory with them', async (t) => {
  const { rest, reads } = openFile();
  await consume(rest, (position) => (position < 10 * MIB ? 0 : 200));
  t.is(Math.max(...reads), MIB);
  t.deepEqual(reads.slice(-3), [64 * KIB, 64 * KIB, 64 * KIB]);
});

/** The first chunk that was read by the stream itself. */
async function secondChunk(stream: FileStream): Promise<Buffer> {
  const iterator = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  await iterator.next();
  const { value } = await iterator.next();
  if (value === undefined) throw new Error('the stream has one chunk only');
  return value;
}

test.serial('memory that a consumer released is used by the next stream', async (t) => {
  const first = openFile();
  const chunks: Buffer[] = [];
  const stream = new FileStream(FIRST, first.rest);
  const chunk = await secondChunk(stream);
  stream.recycle(chunk);
  for await (const next of new FileStream(FIRST, openFile().rest) as AsyncIterable<Buffer>) {
    chunks.push(next);
    if (chunks.length === 4) break;
  }
  t.is(chunks.filter(({ buffer }) => buffer === chunk.buffer).length, 1);
  stream.destroy();
});

test.serial('memory that is released twice is used by one stream only, and so is that of another stream', async (t) => {
  const stream = new FileStream(FIRST, openFile().rest);
  const other = new FileStream(FIRST, openFile().rest);
  const chunk = await secondChunk(stream);
  other.recycle(chunk);
  stream.recycle(chunk);
  stream.recycle(chunk);
  const memory = [takeReadBuffer(64 * KIB).buffer, takeReadBuffer(64 * KIB).buffer, takeReadBuffer(64 * KIB).buffer];
  t.is(memory.filter((buffer) => buffer === chunk.buffer).length, 1);
  stream.destroy();
  other.destroy();
});

test('the file is closed only after the read in flight, and once', async (t) => {
  const gate = Promise.withResolvers<number>();
  const { rest, closedTimes } = openFile(() => gate.promise);
  const stream = new FileStream(FIRST, rest);
  stream.once('data', () => stream.destroy());
  await turns(5);
  t.true(stream.destroyed);
  t.is(closedTimes(), 0);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  gate.resolve(64 * KIB);
  await closed;
  t.is(closedTimes(), 1);
});

test('a read that fails ends the stream with unavailable and the path, after the bytes before it', async (t) => {
  const { rest, closedTimes } = openFile(() => Promise.reject(new Error('the disk is on fire')));
  const stream = new FileStream(FIRST, rest);
  let bytes = 0;
  const error = await t.throwsAsync(async () => {
    for await (const chunk of stream as AsyncIterable<Buffer>) bytes += chunk.byteLength;
  });
  t.is(error.message, 'unavailable "/file" (the disk is on fire)');
  t.is(bytes, FIRST.byteLength);
  t.is(closedTimes(), 1);
});
