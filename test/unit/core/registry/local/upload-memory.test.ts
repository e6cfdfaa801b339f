import test from 'ava';
import { createUploadId } from '../../../../../core/model/reference.ts';
import { HeldBytes, MAX_HELD_BYTES } from '../../../../../core/registry/local/held-bytes.ts';
import { UploadMemory } from '../../../../../core/registry/local/upload-memory.ts';
import { content } from '../../../../../testing/driver-case.ts';

const KIB = 1024;

test('bytes are held in order, up to a MiB, and a piece that does not fit is not taken in part', (t) => {
  const held = new HeldBytes(new UploadMemory());
  const bytes = content(MAX_HELD_BYTES);
  const pieces = [1, 20_000, 500_000, MAX_HELD_BYTES - 520_001];
  let start = 0;
  for (const size of pieces) {
    t.true(held.add(bytes.subarray(start, start + size)));
    start += size;
  }
  t.false(held.add(Buffer.alloc(1)));
  t.true(held.bytes.equals(bytes));
  t.is(held.size, MAX_HELD_BYTES);
});

test('uploads share their memory, and one that ends gives it back', (t) => {
  const memory = new UploadMemory(80 * KIB);
  const [one, two] = [new HeldBytes(memory), new HeldBytes(memory)];
  t.true(one.add(content(48 * KIB)));
  t.false(two.add(content(17 * KIB)));
  t.true(two.add(content(16 * KIB)));
  one[Symbol.dispose]();
  t.true(two.add(content(16 * KIB)));
  t.is(two.size, 32 * KIB);
});

test('bytes that wait for their next request make room, the oldest first', (t) => {
  const memory = new UploadMemory(96 * KIB);
  const startedAt = new Date(0);
  const ids = [createUploadId(), createUploadId(), createUploadId()] as const;
  for (const id of ids) {
    const held = new HeldBytes(memory);
    t.true(held.add(content(16 * KIB)));
    memory.keep(id, { held, startedAt });
  }
  const working = new HeldBytes(memory);
  t.true(working.add(content(32 * KIB)));
  t.is(memory.take(ids[0]), undefined);
  t.is(memory.take(ids[1])?.held.size, 16 * KIB);
  t.is(memory.take(ids[1]), undefined);
});

test('bytes that are handed over are held once', (t) => {
  const memory = new UploadMemory(16 * KIB);
  const first = new HeldBytes(memory);
  t.true(first.add(content(10 * KIB)));
  const second = first.handOver();
  t.deepEqual([first.size, second.size], [0, 10 * KIB]);
  first[Symbol.dispose]();
  t.false(new HeldBytes(memory).add(Buffer.alloc(1)));
  second[Symbol.dispose]();
  t.true(new HeldBytes(memory).add(Buffer.alloc(1)));
});
