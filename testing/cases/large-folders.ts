import assert from 'node:assert/strict';
import { childPath, DriverError, type StorageDriver } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertNames,
  at,
  content,
  type DriverCase,
  type Group,
  MIB,
  names,
  readAll,
  readReplaced,
  writeStream,
} from '../driver-case.ts';

/** More than one page of any backend: S3, GCS and Azure return 1000 or 5000 names a page. */
const ENTRIES = 1203;
const PARALLEL = 32;

async function fill(driver: StorageDriver, folder: string, count: number): Promise<string[]> {
  const all = Array.from({ length: count }, (_, index) => `entry-${String(index).padStart(5, '0')}`);
  for (let start = 0; start < count; start += PARALLEL) {
    const batch = all.slice(start, start + PARALLEL);
    // Every third entry is a folder: object stores list folders differently from files.
    await Promise.all(
      batch.map((name, index) =>
        driver.write(at(`${folder}/${name}${(start + index) % 3 === 0 ? '/file' : ''}`), content(1)),
      ),
    );
  }
  return all;
}

/** The first `limit` names after `after`. */
async function page(driver: StorageDriver, folder: string, after: string, limit: number): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of driver.list(at(folder), { after })) {
    found.push(name);
    if (found.length === limit) break;
  }
  return found;
}

/** Lists all files below `folder`, and skips folders that vanish during the walk. */
async function walk(driver: StorageDriver, folder: string, seen: string[]): Promise<void> {
  try {
    for await (const { name, isFolder } of driver.list(at(folder))) {
      const path = childPath(at(folder), name);
      if (isFolder) await walk(driver, path, seen);
      else seen.push(path);
    }
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
}

/** A folder of `count` entries. */
export function largeFolder(title: string, group: Group, count: number): DriverCase {
  return {
    title,
    group,
    proves: 'list',
    run: async ({ driver }) => {
      const all = await fill(driver, '/folder', count);
      assertNames(await names(driver, '/folder'), all);
      for (const limit of [1000, 97]) {
        const found: string[] = [];
        // A list that ignores `after` gives the same page for ever.
        while (found.length <= count) {
          const next = await page(driver, '/folder', found.at(-1) ?? '', limit);
          found.push(...next);
          if (next.length < limit) break;
        }
        assertNames(found, all, `the list in pages of ${limit}`);
      }
      assertNames(await names(driver, '/folder', all[999]), all.slice(1000), `the list after "${all[999]}"`);
      assertNames(await names(driver, '/folder', all.at(-1)), [], 'the list after the last name');
    },
  };
}

export const largeFolderCases: readonly DriverCase[] = [
  largeFolder(
    'a folder of more than a thousand entries is listed completely, as a whole and in pages after `after`',
    'ordering',
    ENTRIES,
  ),
  {
    title: 'a walk continues while folders ahead of it vanish, and finds everything that stays',
    group: 'concurrency',
    proves: 'concurrent',
    run: async ({ driver }) => {
      const [kept, vanishing] = [
        [0, 2, 4, 6],
        [1, 3, 5, 7],
      ];
      const file = (index: number): string => `/root/${index}/deep/file`;
      for (const index of [...kept, ...vanishing]) await driver.write(at(file(index)), content(1));
      const seen: string[] = [];
      const remove = async (): Promise<void> => {
        for (const index of vanishing.toReversed()) await driver.delete(at(`/root/${index}`));
      };
      await Promise.all([walk(driver, '/root', seen), remove()]);
      for (const index of kept) assert.ok(seen.includes(file(index)), `${file(index)} stayed and was not seen`);
      assert.equal(new Set(seen).size, seen.length, 'something was seen twice');
      const after: string[] = [];
      await walk(driver, '/root', after);
      assert.deepEqual(after, kept.map(file));
    },
  },
  {
    title: 'readers at many offsets get their bytes while the path is replaced and others are written',
    group: 'concurrency',
    proves: 'readKeeps',
    run: async ({ driver }) => {
      const versions = [content(MIB, 1), content(MIB, 2)] as const;
      await writeStream(driver, '/file', versions[0]);
      const read = async (start: number): Promise<void> => {
        const found = await readReplaced(driver, '/file', start, start + 50_000);
        if (found === undefined) return;
        const isOne = versions.some((bytes) => bytes.subarray(start, start + 50_000).equals(found));
        assert.ok(isOne, `a mix of versions at ${start}`);
      };
      const starts = Array.from({ length: 40 }, (_, reader) => reader * 25_000);
      await Promise.all([
        ...starts.map(read),
        driver.write(at('/file'), versions[1]),
        ...starts.map((start) => driver.write(at(`/others/${start}`), content(100, start))),
        ...starts.map(read),
      ]);
      assertBytes(await readAll(driver, '/file'), versions[1]);
    },
  },
];
