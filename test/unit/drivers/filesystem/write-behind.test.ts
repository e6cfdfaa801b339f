import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { WriteBehind } from '../../../../drivers/filesystem/write-behind.ts';
import { content, KIB } from '../../../../testing/driver-case.ts';

type Handle = ConstructorParameters<typeof WriteBehind>[0];

/** A file in memory whose writes take at most `most` bytes each and wait for `gate`. */
function slowFile(most: number, gate: () => Promise<void> = async () => undefined) {
  const bytes = Buffer.alloc(4 * 1024 * KIB);
  const writes: number[] = [];
  const handle = {
    writev: async (chunks: readonly Uint8Array[], position: number) => {
      const taken = Buffer.concat(chunks).subarray(0, most);
      writes.push(taken.byteLength);
      await gate();
      taken.copy(bytes, position);
      return { bytesWritten: taken.byteLength, buffers: chunks };
    },
    truncate: async () => undefined,
  } as unknown as Handle;
  return { handle, bytes, writes };
}

test('the remainder of a short write is written after it', async (t) => {
  const { handle, bytes, writes } = slowFile(100_003);
  const all = content(700 * KIB);
  const writer = new WriteBehind(handle, 10);
  for (let start = 0; start < all.byteLength; start += 50_000) await writer.add(all.subarray(start, start + 50_000));
  await writer.flush();
  t.is(writer.size, 10 + all.byteLength);
  t.true(bytes.subarray(10, writer.size).equals(all));
  t.true(writes.length > 7);
});

test('chunks are collected while a write is in flight, and at half a MiB the body waits', async (t) => {
  const gate = Promise.withResolvers<undefined>();
  const { handle, writes } = slowFile(Infinity, async () => gate.promise);
  const writer = new WriteBehind(handle, 0);
  for (let chunk = 0; chunk < 11; chunk += 1) await writer.add(content(64 * KIB));
  t.deepEqual(writes, [256 * KIB]);
  const waiting = writer.add(content(64 * KIB)).then(() => 'taken');
  t.is(await Promise.race([waiting, setImmediate('waits')]), 'waits');
  gate.resolve(undefined);
  t.is(await waiting, 'taken');
  await writer.flush();
  t.deepEqual(writes, [256 * KIB, 512 * KIB]);
});

test('a failed write is reported at the next chunk and at the end, and stops writing', async (t) => {
  const truncated: number[] = [];
  const handle = {
    writev: () => Promise.reject(new Error('no space')),
    truncate: async (size: number) => void truncated.push(size),
  } as unknown as Handle;
  const writer = new WriteBehind(handle, 5);
  await writer.add(content(512 * KIB));
  await setImmediate();
  await t.throwsAsync(writer.add(content(1)), { message: 'no space' });
  await t.throwsAsync(writer.flush(), { message: 'no space' });
  t.is(writer.size, 5);
  t.deepEqual(truncated, [5]);
});
