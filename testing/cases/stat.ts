import assert from 'node:assert/strict';
import type { StorageDriver } from '../../core/driver/index.ts';
import { at, content, type DriverCase, writeStream } from '../driver-case.ts';

/** Enough for a clock of milliseconds, no matter how fast the driver writes. */
const MAX_REWRITES = 20_000;

/** More than the error of synchronised clocks, and less than the difference of two time zones. */
const MAX_CLOCK_ERROR_MS = 10 * 60_000;

/** The ways to replace the content of a path. */
const REPLACEMENTS: Readonly<Record<string, (driver: StorageDriver, path: string, bytes: Buffer) => Promise<void>>> = {
  'a rewrite': (driver, path, bytes) => driver.write(at(path), bytes),
  'a move': async (driver, path, bytes) => {
    await driver.write(at('/source'), bytes);
    await driver.move(at('/source'), at(path));
  },
  'a commit': (driver, path, bytes) => writeStream(driver, path, bytes),
};

export const statCases: readonly DriverCase[] = [
  {
    title: 'stat tells files from folders, and gives undefined for a missing path (StatCall)',
    group: 'contract',
    proves: 'stat',
    run: async ({ driver }) => {
      assert.equal(await driver.stat(at('/folder')), undefined);
      assert.equal(await driver.stat(at('/folder/file')), undefined);
      await driver.write(at('/folder/file'), content(32));
      const file = await driver.stat(at('/folder/file'));
      assert.deepEqual([file?.path, file?.isFolder, file?.size], ['/folder/file', false, 32]);
      assert.ok(file !== undefined && !Number.isNaN(file.modifiedAt.getTime()));
      const folder = await driver.stat(at('/folder'));
      assert.deepEqual([folder?.path, folder?.isFolder, folder?.size], ['/folder', true, 0]);
      assert.equal(await driver.stat(at('/folder/file/below')), undefined);
      assert.equal(await driver.stat(at('/fold')), undefined);
    },
  },
  {
    title: 'the root is a folder or absent (StatCall)',
    group: 'contract',
    proves: 'stat',
    run: async ({ driver }) => {
      const root = await driver.stat(at('/'));
      assert.ok(root === undefined || root.isFolder);
    },
  },
  {
    title: 'modifiedAt never decreases with later content, and advances (StatCall)',
    group: 'contract',
    proves: 'modifiedAt',
    run: async ({ driver }) => {
      const modifiedAt = async (): Promise<number> => {
        await driver.write(at('/file'), content(8));
        const info = await driver.stat(at('/file'));
        return info?.modifiedAt.getTime() ?? NaN;
      };
      const first = await modifiedAt();
      let last = first;
      for (let rewrite = 0; last <= first && rewrite < MAX_REWRITES; rewrite += 1) {
        const next = await modifiedAt();
        assert.ok(next >= last, `${next} is before ${last}`);
        last = next;
      }
      assert.ok(last > first, `modifiedAt stayed the same over ${MAX_REWRITES} writes`);
    },
  },
  {
    title: 'modifiedAt stays the same as long as the content does',
    group: 'contract',
    proves: 'modifiedAt',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(8));
      const first = await driver.stat(at('/file'));
      // Until the clock has advanced.
      for (const begin = Date.now(); Date.now() < begin + 2; ) await driver.write(at('/other'), content(8));
      const second = await driver.stat(at('/file'));
      assert.equal(second?.modifiedAt.getTime(), first?.modifiedAt.getTime(), 'modifiedAt changed without a write');
    },
  },
  ...Object.entries(REPLACEMENTS).map(
    ([what, replace]): DriverCase => ({
      title: `stat gives the size of the new content after ${what}, whether that is longer or shorter`,
      group: 'visibility',
      proves: 'size',
      run: async ({ driver }) => {
        await driver.write(at('/folder/file'), content(100));
        for (const size of [100, 300, 20, 0, 7]) {
          // The driver may remember this answer.
          await driver.stat(at('/folder/file'));
          await replace(driver, '/folder/file', content(size, size));
          for (const time of ['first', 'second']) {
            const found = await driver.stat(at('/folder/file'));
            assert.equal(found?.size, size, `the ${time} time, stat gives ${found?.size} bytes of ${size}`);
          }
        }
      },
    }),
  ),
  {
    title: 'modifiedAt is right by the clock of this machine, to within ten minutes',
    group: 'contract',
    proves: 'clock',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(8));
      const info = await driver.stat(at('/file'));
      const errorMs = (info?.modifiedAt.getTime() ?? NaN) - Date.now();
      const minutes = `${Math.round(Math.abs(errorMs) / 60_000)} minutes ${errorMs < 0 ? 'before' : 'after'}`;
      const said = `modifiedAt of new content is ${info?.modifiedAt.toISOString()}, ${minutes} the clock of this machine`;
      assert.ok(Math.abs(errorMs) < MAX_CLOCK_ERROR_MS, said);
    },
  },
];
