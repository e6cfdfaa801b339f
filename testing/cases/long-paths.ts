import assert from 'node:assert/strict';
import { baseName } from '../../core/driver/index.ts';
import {
  assertBytes,
  assertFails,
  assertNames,
  at,
  content,
  type DriverCase,
  names,
  readAll,
  writeStream,
} from '../driver-case.ts';

/** As long as the longest name of a repository, and longer than any tag. */
const MAX_NAME = 255;
/** Longer than the name of any file that a registry writes through a writer. */
const MAX_WRITER_NAME = 160;
/** Longer than any path of a registry, with two digests of SHA-512 and the longest names in it. */
const MAX_PATH = 768;

/** Names of this length that differ only in their last character. */
function namesOf(length: number): readonly [string, string] {
  const common = 'n'.repeat(length - 1);
  return [`${common}1`, `${common}2`];
}

/** Two paths in one folder, together as long as `length`, which differ only in their last character. */
function pathsOf(length: number): readonly [string, string] {
  const folder = '/sha512'.repeat(Math.floor((length - 2) / '/sha512'.length));
  const [first, second] = namesOf(length - folder.length - 1);
  return [`${folder}/${first}`, `${folder}/${second}`];
}

function longPaths(title: string, paths: ReadonlyArray<readonly [string, string]>): DriverCase {
  return {
    title,
    group: 'contract',
    proves: 'longPaths',
    run: async ({ driver }) => {
      for (const [written, other] of paths) {
        const folder = written.slice(0, written.lastIndexOf('/')) || '/';
        await driver.write(at(written), content(10, 1));
        const isForWriter = baseName(at(other)).length <= MAX_WRITER_NAME;
        if (isForWriter) await writeStream(driver, other, content(20, 2));
        else await driver.write(at(other), content(20, 2));
        assertBytes(await readAll(driver, written), content(10, 1));
        assertBytes(await readAll(driver, other), content(20, 2));
        assert.equal((await driver.stat(at(written)))?.size, 10);
        assertNames(
          await names(driver, folder),
          [written, other].map((path) => baseName(at(path))),
        );
        await driver.move(at(other), at('/moved'));
        await driver.move(at('/moved'), at(written));
        assertBytes(await readAll(driver, written), content(20, 2));
        await driver.delete(at(written));
        await assertFails(driver.read(at(written)), 'not-found', { driver, path: written });
      }
    },
  };
}

export const longPathCases: readonly DriverCase[] = [
  longPaths(
    'names of up to 255 characters are stored as they are, also where only the last character differs',
    [64, 128, 129, MAX_WRITER_NAME, MAX_NAME].map((length) => {
      const [first, second] = namesOf(length);
      return [`/names-${length}/${first}`, `/names-${length}/${second}`];
    }),
  ),
  longPaths(
    'paths of up to 768 characters are stored as they are, also where only the last character differs',
    [255, 256, 512, 600, MAX_PATH].map(pathsOf),
  ),
];
