import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { DriverError } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertFails,
  at,
  bodyOf,
  chunked,
  content,
  type DriverCase,
  drain,
  type Group,
  MIB,
  readAll,
  writeStream,
} from '../driver-case.ts';
import { CONTENTS } from './read-write.ts';

const THREE = [content(32, 1), content(32, 2), content(32, 3)] as const;

/** A file of `pieces` MiB. Each MiB is different, so that one in the wrong place is noticed. */
export function largeStream(title: string, group: Group, pieces: number): DriverCase {
  return {
    title,
    group,
    proves: 'append',
    run: async ({ driver }) => {
      const piece = content(MIB);
      const written = createHash('sha256');
      await using writer = await driver.openWriter(at('/large'), { append: false });
      await writer.append(
        (async function* () {
          for (let index = 0; index < pieces; index += 1) {
            const bytes = Buffer.from(piece);
            bytes.writeUInt32BE(index);
            written.update(bytes);
            yield bytes;
          }
        })(),
      );
      await writer.commit();
      assert.equal(writer.size, pieces * MIB);
      const read = createHash('sha256');
      for await (const bytes of (await driver.read(at('/large'))) as AsyncIterable<Buffer>) read.update(bytes);
      assert.equal(read.digest('hex'), written.digest('hex'));
    },
  };
}

/** A reader may lose its file, but only with a DriverError. */
async function assertKeptOrFailed(stream: Readable, expected: Buffer): Promise<void> {
  try {
    assertBytes(await drain(stream), expected);
  } catch (error) {
    if (!DriverError.is(error)) throw error;
  }
}

export const streamCases: readonly DriverCase[] = [
  ...CONTENTS.map(
    ([name, bytes]): DriverCase => ({
      title: `a committed writer, then read (WriteReadStreams${name})`,
      group: 'streams',
      proves: 'commit',
      run: async ({ driver }) => {
        await writeStream(driver, '/folder/file', bytes);
        assertBytes(await readAll(driver, '/folder/file'), bytes);
      },
    }),
  ),
  largeStream('a stream of megabytes is read back with the same hash (WriteReadLargeStreams)', 'streams', 24),
  {
    title: 'chunks of odd sizes are joined in order',
    group: 'streams',
    proves: 'append',
    run: async ({ driver }) => {
      const bytes = content(3 * MIB + 17);
      for (const chunkBytes of [977, 300_007, 2 * MIB]) {
        await using writer = await driver.openWriter(at('/file'), { append: false });
        await writer.append(chunked(bytes, chunkBytes));
        await writer.append(bodyOf(Buffer.alloc(0), Buffer.from('end')));
        await writer.commit();
        assertBytes(await readAll(driver, '/file'), Buffer.concat([bytes, Buffer.from('end')]));
      }
    },
  },
  {
    title: 'a read begins at its offset (ReaderWithOffset)',
    group: 'streams',
    proves: 'readStart',
    run: async ({ driver }) => {
      await driver.write(at('/file'), Buffer.concat(THREE));
      assertBytes(await readAll(driver, '/file', 0), Buffer.concat(THREE));
      assertBytes(await readAll(driver, '/file', 32), Buffer.concat(THREE.slice(1)));
      assertBytes(await readAll(driver, '/file', 64), THREE[2]);
      assertBytes(await readAll(driver, '/file', 95), THREE[2].subarray(31));
      assert.equal((await readAll(driver, '/file', 96)).byteLength, 0);
      assert.equal((await readAll(driver, '/file', 1000)).byteLength, 0);
    },
  },
  {
    title: 'a negative or fractional offset is invalid-offset and names it (ReaderWithOffset)',
    group: 'streams',
    proves: 'offsets',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(96));
      for (const range of [{ start: -1 }, { start: 0.5 }, { start: NaN }, { start: 9, end: 8 }, { end: -1 }]) {
        const error = await assertFails(driver.read(at('/file'), range), 'invalid-offset', { driver, path: '/file' });
        assert.equal(error.offset, 'end' in range ? range.end : range.start);
      }
    },
  },
  {
    title: 'a read stops before `end` and at the size',
    group: 'streams',
    proves: 'readEnd',
    run: async ({ driver }) => {
      const bytes = content(MIB + 5);
      await writeStream(driver, '/file', bytes);
      const ranges = [
        [0, 0],
        [0, 1],
        [10, 10],
        [5, 100_000],
        [70_000, 900_000],
        [MIB, MIB + 5],
        [3, 9 * MIB],
      ];
      for (const [start, end] of ranges) {
        assertBytes(await readAll(driver, '/file', start, end), bytes.subarray(start, end));
      }
      assert.equal((await readAll(driver, '/file', 2 * MIB, 3 * MIB)).byteLength, 0);
    },
  },
  {
    title: 'opening a stream of a missing file is not-found at any offset (ReadNonexistentStream)',
    group: 'streams',
    proves: 'readMissing',
    run: async ({ driver }) => {
      for (const start of [0, 64]) {
        await assertFails(driver.read(at('/a/missing'), { start }), 'not-found', { driver, path: '/a/missing' });
      }
    },
  },
  {
    title: 'a reader keeps its content while the path is replaced and deleted',
    group: 'streams',
    proves: 'readKeeps',
    run: async ({ driver }) => {
      const bytes = content(4 * MIB);
      await writeStream(driver, '/file', bytes);
      const replaced = await driver.read(at('/file'));
      await writeStream(driver, '/file', content(5 * MIB, 2));
      const deleted = await driver.read(at('/file'));
      await driver.delete(at('/file'));
      await assertKeptOrFailed(replaced, bytes);
      await assertKeptOrFailed(deleted, content(5 * MIB, 2));
    },
  },
  {
    title: 'the signal ends a stream, even while no reader consumes it',
    group: 'streams',
    proves: 'readReleases',
    run: async ({ driver }) => {
      await writeStream(driver, '/file', content(4 * MIB));
      const controller = new AbortController();
      const stream = await driver.read(at('/file'), { signal: controller.signal });
      const closed = new Promise((resolve) => stream.once('close', resolve));
      controller.abort();
      await closed;
      await assertFails(drain(stream), 'aborted', { driver, path: '/file' });
    },
  },
];
