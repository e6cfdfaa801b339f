import { CRC32C } from '@google-cloud/storage';
import test from 'ava';
import fc from 'fast-check';
import { BlockPool, ByteQueue, bytesBetween } from '../../../../drivers/object-store/byte-queue.ts';
import { crc32c, decodeCrc32c, encodeCrc32c } from '../../../../drivers/object-store/crc32c.ts';

test('the CRC32C is the one of RFC 3720', (t) => {
  t.is(crc32c(Buffer.from('123456789')), 0xe3069283);
  t.is(crc32c(Buffer.alloc(32)), 0x8a9136aa);
  t.is(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43);
  t.is(crc32c(Buffer.alloc(0)), 0);
});

test('the CRC32C of parts is the one of the whole, and Google writes it in the same way', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(7), (bytes, cut, offset) => {
      // Even if words do not begin at an even address.
      const shifted = Buffer.concat([Buffer.alloc(offset), bytes]).subarray(offset);
      const parts = crc32c(shifted.subarray(cut), crc32c(shifted.subarray(0, cut)));
      const google = new CRC32C();
      google.update(Buffer.from(bytes));
      t.is(parts, crc32c(bytes));
      t.is(encodeCrc32c(parts), google.toString());
      t.is(decodeCrc32c(google.toString()), parts);
    }),
  );
});

test('text that is not a CRC32C is refused', (t) => {
  for (const text of [undefined, '', 'AAAA', 'AAAAAAAA', '!']) t.is(decodeCrc32c(text), undefined);
});

test('a queue returns the bytes that were added and not dropped, in order', (t) => {
  const action = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 600_000 }) }),
    fc.record({ drop: fc.double({ min: 0, max: 1, noNaN: true }) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 20 }), (actions) => {
      const queue = new ByteQueue(new BlockPool());
      let expected = Buffer.alloc(0);
      for (const [index, step] of actions.entries()) {
        if ('add' in step) {
          const chunk = Buffer.alloc(step.add, index + 1);
          queue.add(chunk);
          expected = Buffer.concat([expected, chunk]);
        } else {
          const bytes = Math.floor(step.drop * expected.byteLength);
          queue.drop(bytes);
          expected = expected.subarray(bytes);
        }
        t.is(queue.bytes, expected.byteLength);
        t.true(Buffer.concat(queue.first(queue.bytes)).equals(expected));
        const half = expected.byteLength >>> 1;
        t.true(Buffer.concat(queue.first(half)).equals(expected.subarray(0, half)));
      }
    }),
  );
});

test('a queue copies its input, and returns memory for reuse', (t) => {
  const pool = new BlockPool();
  const queue = new ByteQueue(pool);
  const chunk = Buffer.from('ab');
  queue.add(chunk);
  chunk.fill(0);
  t.is(Buffer.concat(queue.first(2)).toString(), 'ab');
  const [view] = queue.first(1);
  queue.clear();
  t.is(queue.bytes, 0);
  t.true(pool.take().buffer === view?.buffer);
});

test('a part of chunks is cut at both ends', (t) => {
  const chunks = [Buffer.from('abc'), Buffer.alloc(0), Buffer.from('def'), Buffer.from('g')];
  const text = (start: number, end: number) => Buffer.concat(bytesBetween(chunks, start, end)).toString();
  t.deepEqual([text(0, 7), text(2, 4), text(3, 3), text(5, 99)], ['abcdefg', 'cd', '', 'fg']);
});

test('memory is scarce while all uploads together hold more than 64 MiB', (t) => {
  const pool = new BlockPool();
  const queues = Array.from({ length: 5 }, () => new ByteQueue(pool));
  const chunk = Buffer.alloc(1024 * 1024);
  for (const queue of queues) for (let count = 0; count < 15; count += 1) queue.add(chunk);
  t.true(pool.isScarce);
  queues[0]?.clear();
  t.false(pool.isScarce);
});
