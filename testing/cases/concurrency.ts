import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import {
  assertBytes,
  at,
  chunked,
  content,
  type DriverCase,
  type Group,
  KIB,
  MIB,
  names,
  readAll,
  readReplaced,
  writeStream,
} from '../driver-case.ts';

const ROUNDS = 40;

/** Without it, readers of a driver that answers immediately would starve a writer that waits for anything. */
const nextTurn = (): Promise<void> => setImmediate();

/** Ten readers of one file of `megabytes` MiB. */
export function manyReaders(title: string, group: Group, megabytes: number): DriverCase {
  return {
    title,
    group,
    proves: 'concurrent',
    run: async ({ driver }) => {
      const bytes = content(megabytes * MIB);
      await writeStream(driver, '/file', bytes);
      const step = Math.floor(bytes.byteLength / 10);
      const starts = Array.from({ length: 10 }, (_, reader) => reader * step + reader * 977);
      await Promise.all(
        starts.map(async (start) => assertBytes(await readAll(driver, '/file', start), bytes.subarray(start))),
      );
    },
  };
}

/** `count` writers of `size` bytes each. */
export function manyWriters(
  title: string,
  group: Group,
  { count, size }: { readonly count: number; readonly size: number },
): DriverCase {
  return {
    title,
    group,
    proves: 'concurrent',
    run: async ({ driver }) => {
      const writers = Array.from({ length: count }, (_, seed) => seed);
      await Promise.all(
        writers.map(async (seed) => {
          await using writer = await driver.openWriter(at(`/files/${seed}`), { append: false });
          await writer.append(chunked(content(size, seed), 100 * KIB));
          await writer.commit();
        }),
      );
      for (const seed of writers) assertBytes(await readAll(driver, `/files/${seed}`), content(size, seed));
    },
  };
}

export const concurrencyCases: readonly DriverCase[] = [
  manyReaders(
    'ten readers at different offsets of one file each get their bytes (ConcurrentStreamReads)',
    'concurrency',
    10,
  ),
  manyWriters('parallel writers of different paths do not mix (ConcurrentFileStreams)', 'concurrency', {
    count: 8,
    size: 2 * MIB,
  }),
  {
    title: 'readers see the old or the new content of a path that is rewritten repeatedly',
    group: 'concurrency',
    proves: 'writeAtomic',
    run: async ({ driver }) => {
      const versions = [content(100, 1), content(100_000, 2)] as const;
      await driver.write(at('/file'), versions[0]);
      let isDone = false;
      const read = async (): Promise<void> => {
        do {
          const found = await readReplaced(driver, '/file');
          assert.ok(
            found === undefined || versions.some((version) => version.equals(found)),
            `a mix of ${found?.byteLength} bytes`,
          );
          await nextTurn();
        } while (!isDone);
      };
      const write = async (): Promise<void> => {
        try {
          for (let round = 1; round <= ROUNDS; round += 1) {
            await driver.write(at('/file'), round % 2 === 0 ? versions[0] : versions[1]);
          }
        } finally {
          isDone = true;
        }
      };
      await Promise.all([write(), read(), read(), read()]);
      assertBytes(await readAll(driver, '/file'), versions[ROUNDS % 2 === 0 ? 0 : 1]);
    },
  },
  {
    title: 'readers never miss a path that a move replaces',
    group: 'concurrency',
    proves: 'atomicMove',
    claim: 'atomicMove',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(64));
      let isDone = false;
      const read = async (): Promise<void> => {
        do {
          const found = await readReplaced(driver, '/file');
          if (found !== undefined) assertBytes(found, content(64));
          await nextTurn();
        } while (!isDone);
      };
      const move = async (): Promise<void> => {
        try {
          for (let round = 0; round < ROUNDS; round += 1) {
            await driver.write(at('/next'), content(64));
            await driver.move(at('/next'), at('/file'));
          }
        } finally {
          isDone = true;
        }
      };
      await Promise.all([move(), read(), read()]);
      assertBytes(await readAll(driver, '/file'), content(64));
      assert.equal(await driver.stat(at('/next')), undefined);
    },
  },
  {
    title: 'many concurrent calls that create the same folders all succeed',
    group: 'concurrency',
    proves: 'folders',
    run: async ({ driver }) => {
      const paths = Array.from({ length: 40 }, (_, index) => `/a/b/c/${index % 4}/d/${index}`);
      await Promise.all(paths.map((path, seed) => driver.write(at(path), content(16, seed))));
      for (const [seed, path] of paths.entries()) assertBytes(await readAll(driver, path), content(16, seed));
      assert.deepEqual(await names(driver, '/a/b/c'), ['0', '1', '2', '3']);
    },
  },
];
