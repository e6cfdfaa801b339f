import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { type FileRest, FileStream } from '../../../../drivers/filesystem/file-stream.ts';
import { KIB, MIB } from '../../../../testing/driver-case.ts';

const FIRST = Buffer.alloc(64 * KIB);

/** An open file of 8 MiB that records its reads. */
function openFile(read: (wanted: number) => Promise<number> = async (wanted) => wanted) {
  const reads: number[] = [];
  let closed = 0;
  const handle = {
    read: async (buffer: Buffer, _offset: number, wanted: number) => {
      reads.push(wanted);
      return { buffer, bytesRead: await read(wanted) };
    },
    close: async () => void (closed += 1),
  } as unknown as FileRest['handle'];
  const rest: FileRest = { handle, position: FIRST.byteLength, end: 8 * MIB, path: '/file' };
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

test('a consumer slower than the disk gets small reads all the way', async (t) => {
  const { rest, reads } = openFile();
  let bytes = 0;
  for await (const chunk of new FileStream(FIRST, rest) as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    await turns(2);
  }
  t.is(bytes, 8 * MIB);
  t.is(Math.max(...reads), 64 * KIB);
});

test('a consumer faster than the disk gets reads that double up to 512 KiB', async (t) => {
  const { rest, reads, closedTimes } = openFile((wanted) => setImmediate(wanted));
  let bytes = 0;
  for await (const chunk of new FileStream(FIRST, rest) as AsyncIterable<Buffer>) bytes += chunk.byteLength;
  t.is(bytes, 8 * MIB);
  t.deepEqual(reads.slice(0, 4), [64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB]);
  t.is(Math.max(...reads), 512 * KIB);
  t.is(closedTimes(), 1);
});

test('the handle is closed only after the read in flight, and once', async (t) => {
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
