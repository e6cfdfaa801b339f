import assert from 'node:assert/strict';
import { DriverError, type StorageDriver } from '../../core/driver/index.ts';
import { assertBytes, at, bodyOf, content, type DriverCase, KIB, readAll } from '../driver-case.ts';

const ROUNDS = 10;
const CREATORS = 8;
/** Enough for a backend that stores only parts of a minimum size before a writer is closed. */
const SIZE = 300 * KIB;

const common = { group: 'concurrency', proves: 'firstWriter', claim: 'conditionalWrites' } as const;

/** Writes and closes some bytes where nothing is; whether that was so. */
async function isBegun(driver: StorageDriver, path: string, bytes: Buffer): Promise<boolean> {
  try {
    const writer = await driver.openWriter(at(path), { append: false, ifAbsent: true });
    try {
      await writer.append(bodyOf(bytes));
    } finally {
      await writer[Symbol.asyncDispose]();
    }
    return true;
  } catch (error) {
    if (DriverError.is(error, 'conflict')) return false;
    throw error;
  }
}

/** What a writer finds that resumes the write at `path`. */
async function bytesOf(driver: StorageDriver, path: string): Promise<Buffer> {
  const writer = await driver.openWriter(at(path), { append: true });
  await writer.commit();
  return readAll(driver, path);
}

export const firstWriterCases: readonly DriverCase[] = [
  {
    ...common,
    title: 'a writer with ifAbsent begins where nothing is, and leaves everything else as it is',
    run: async ({ driver }) => {
      await driver.write(at('/committed'), content(10, 1));
      assert.equal(await isBegun(driver, '/committed', content(20, 2)), false, 'over committed content');
      assertBytes(await readAll(driver, '/committed'), content(10, 1));

      assert.equal(await isBegun(driver, '/folder/kept', content(SIZE, 3)), true, 'where nothing is');
      for (const size of [10, SIZE]) {
        assert.equal(await isBegun(driver, '/folder/kept', content(size, 4)), false, 'over bytes that were kept');
      }
      assertBytes(await bytesOf(driver, '/folder/kept'), content(SIZE, 3));

      await driver.delete(at('/folder/kept'));
      assert.equal(await isBegun(driver, '/folder/kept', content(10, 5)), true, 'after a delete');
      assertBytes(await bytesOf(driver, '/folder/kept'), content(10, 5));
    },
  },
  {
    ...common,
    title: 'of concurrent writers with ifAbsent of one path at most one succeeds, and its bytes stay',
    run: async ({ driver }) => {
      for (let round = 0; round < ROUNDS; round += 1) {
        const path = `/${round}/data`;
        const all = Array.from({ length: CREATORS }, (_, seed) => content(round % 2 === 0 ? 1000 : SIZE, seed));
        const results = await Promise.all(all.map((bytes) => isBegun(driver, path, bytes)));
        const winners = all.filter((_, seed) => results[seed]);
        assert.ok(winners.length <= 1, `${winners.length} of ${CREATORS} writers have begun`);
        const [bytes] = winners;
        if (bytes !== undefined) assertBytes(await bytesOf(driver, path), bytes);
        else assert.equal(await isBegun(driver, path, content(10)), true, 'after all have failed');
      }
    },
  },
];
