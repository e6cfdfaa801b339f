import assert from 'node:assert/strict';
import { assertBytes, assertFails, at, bodyOf, content, type DriverCase, names, readAll } from '../driver-case.ts';

export const deleteCases: readonly DriverCase[] = [
  {
    title: 'a deleted file is gone (Delete)',
    group: 'contract',
    proves: 'delete',
    run: async ({ driver }) => {
      await driver.write(at('/folder/file'), content(32));
      await driver.delete(at('/folder/file'));
      await assertFails(driver.read(at('/folder/file')), 'not-found', { driver, path: '/folder/file' });
      assert.equal(await driver.stat(at('/folder/file')), undefined);
    },
  },
  {
    title: 'deleting a missing path is not-found (DeleteNonexistent)',
    group: 'contract',
    proves: 'deleteMissing',
    run: async ({ driver }) => {
      await driver.write(at('/file'), content(1));
      for (const path of ['/missing', '/missing/below', '/file/below']) {
        await assertFails(driver.delete(at(path)), 'not-found', { driver, path });
      }
    },
  },
  {
    title: 'deleting a folder removes all below it, deleting a file removes only that file (DeleteFolder)',
    group: 'contract',
    proves: 'delete',
    run: async ({ driver }) => {
      for (const path of ['/folder/a', '/folder/b/c', '/folder/b/d']) await driver.write(at(path), content(32));
      await driver.delete(at('/folder/a'));
      assert.equal(await driver.stat(at('/folder/a')), undefined);
      assertBytes(await readAll(driver, '/folder/b/c'), content(32));
      await driver.delete(at('/folder'));
      for (const path of ['/folder/b/c', '/folder/b/d']) {
        await assertFails(driver.read(at(path)), 'not-found', { driver, path });
      }
      assert.deepEqual(await names(driver, '/'), []);
    },
  },
  {
    title: 'siblings that share a prefix stay (DeleteOnlyDeletesSubpaths)',
    group: 'contract',
    proves: 'delete',
    run: async ({ driver }) => {
      const kept = ['/folder/a-suffix', '/folder/ab/file', '/folder/a.b', '/folder/a0/file'];
      for (const path of ['/folder/a/file', ...kept]) await driver.write(at(path), content(32));
      await driver.delete(at('/folder/a'));
      assert.equal(await driver.stat(at('/folder/a/file')), undefined);
      for (const path of kept) assertBytes(await readAll(driver, path), content(32));
    },
  },
  {
    title: 'a deleted path can be written again, as a file or a folder',
    group: 'contract',
    proves: 'folders',
    run: async ({ driver }) => {
      await driver.write(at('/a'), content(1));
      await driver.delete(at('/a'));
      await driver.write(at('/a/b'), content(2));
      await driver.delete(at('/a'));
      await driver.write(at('/a'), content(3));
      assertBytes(await readAll(driver, '/a'), content(3));
    },
  },
  {
    title: 'deleting a folder drops the uncommitted bytes below it',
    group: 'contract',
    proves: 'delete',
    run: async ({ driver }) => {
      await driver.write(at('/upload/startedat'), content(20));
      const writer = await driver.openWriter(at('/upload/data'), { append: false });
      await writer.append(bodyOf(content(100)));
      await writer[Symbol.asyncDispose]();
      await driver.delete(at('/upload'));
      const again = driver.openWriter(at('/upload/data'), { append: true });
      await assertFails(again, 'not-found', { driver, path: '/upload/data' });
    },
  },
  {
    title: 'pruning a folder leaves every file in it, and disturbs nothing where nothing lies',
    group: 'contract',
    proves: 'prune',
    run: async ({ driver }) => {
      await driver.write(at('/folder/a/file'), content(3));
      await driver.write(at('/folder/b/below/file'), content(3));
      await driver.delete(at('/folder/b/below/file'));
      for (const path of ['/folder', '/missing', '/folder/a/file']) await driver.prune?.(at(path));
      assertBytes(await readAll(driver, '/folder/a/file'), content(3));
      if (driver.prune !== undefined) assert.deepEqual(await names(driver, '/folder'), ['a']);
    },
  },
];
