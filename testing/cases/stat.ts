import assert from 'node:assert/strict';
import { at, content, type DriverCase } from '../driver-case.ts';

/** Enough for a clock of milliseconds, no matter how fast the driver writes. */
const MAX_REWRITES = 20_000;

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
];
