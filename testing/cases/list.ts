import assert from 'node:assert/strict';
import { entryBatches } from '../../core/driver/index.ts';
import { assertFails, assertNames, at, content, type DriverCase, names } from '../driver-case.ts';

const TRICKY = ['A', 'Z', '_', 'a', 'a-b', 'a.b', 'a0', 'a_b', 'aa', 'b'];

export const listCases: readonly DriverCase[] = [
  {
    title: 'a folder lists only its direct children (List)',
    group: 'ordering',
    proves: 'list',
    run: async ({ driver }) => {
      const children = Array.from({ length: 50 }, (_, index) => `child-${String(index).padStart(2, '0')}`);
      await Promise.all(children.map((name) => driver.write(at(`/root/parent/${name}`), content(3))));
      assert.deepEqual(await names(driver, '/'), ['root']);
      assert.deepEqual(await names(driver, '/root'), ['parent']);
      assertNames(await names(driver, '/root/parent'), children);
    },
  },
  {
    title: 'listing a missing folder, or a file, is not-found (List)',
    group: 'contract',
    proves: 'listMissing',
    run: async ({ driver }) => {
      await driver.write(at('/folder/file'), content(1));
      for (const path of ['/missing', '/folder/missing', '/folder/file', '/folder/file/below']) {
        await assertFails(names(driver, path), 'not-found', { driver, path });
      }
    },
  },
  {
    title: 'names come in byte order, files and folders mixed',
    group: 'ordering',
    proves: 'list',
    run: async ({ driver }) => {
      for (const [index, name] of TRICKY.toReversed().entries()) {
        await driver.write(at(index % 2 === 0 ? `/folder/${name}` : `/folder/${name}/below`), content(1));
      }
      assertNames(await names(driver, '/folder'), TRICKY);
    },
  },
  {
    title: 'a list distinguishes files and folders',
    group: 'contract',
    proves: 'entry',
    run: async ({ driver }) => {
      await driver.write(at('/a/file'), content(1));
      await driver.write(at('/a/folder/file'), content(1));
      const found: unknown[] = [];
      for await (const { name, isFolder } of driver.list(at('/a'))) found.push([name, isFolder]);
      assert.deepEqual(found, [
        ['file', false],
        ['folder', true],
      ]);
    },
  },
  {
    title: 'the batches of a list are its entries, from any name on',
    group: 'ordering',
    proves: 'batches',
    run: async ({ driver }) => {
      for (const [index, name] of TRICKY.entries()) {
        await driver.write(at(index % 2 === 0 ? `/folder/${name}` : `/folder/${name}/below`), content(1));
      }
      for (const after of ['', 'a', 'a-a', 'b']) {
        const [entries, batches]: [unknown[], unknown[]] = [[], []];
        for await (const entry of driver.list(at('/folder'), { after })) entries.push(entry);
        for await (const batch of entryBatches(driver.list(at('/folder'), { after }))) batches.push(...batch);
        assert.deepEqual(batches, entries);
      }
      const missing = entryBatches(driver.list(at('/missing')))[Symbol.asyncIterator]();
      await assertFails(missing.next(), 'not-found', { driver, path: '/missing' });
    },
  },
  {
    title: 'a list begins after `after`, whether that name exists or not',
    group: 'ordering',
    proves: 'listAfter',
    run: async ({ driver }) => {
      for (const name of TRICKY) await driver.write(at(`/folder/${name}/below`), content(1));
      for (const after of ['', '0', 'A', 'M', 'a', 'a-', 'a-b', 'a.', 'aZ', 'aa', 'b', 'c']) {
        const expected = TRICKY.filter((name) => Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0);
        assertNames(await names(driver, '/folder', after), expected, `the list after ${JSON.stringify(after)}`);
      }
    },
  },
  {
    title: 'a list can be left in the middle, and children may be deleted meanwhile',
    group: 'contract',
    proves: 'concurrent',
    run: async ({ driver }) => {
      for (const name of TRICKY) await driver.write(at(`/folder/${name}`), content(1));
      for await (const { name } of driver.list(at('/folder'))) if (name === 'a') break;
      for await (const { name } of driver.list(at('/folder'))) await driver.delete(at(`/folder/${name}`));
      assert.deepEqual(await names(driver, '/folder').catch(() => []), []);
    },
  },
  {
    title: 'an aborted signal ends a list',
    group: 'contract',
    proves: 'signal',
    run: async ({ driver }) => {
      for (const name of TRICKY) await driver.write(at(`/folder/${name}`), content(1));
      const controller = new AbortController();
      const found: string[] = [];
      const listing = (async () => {
        for await (const { name } of driver.list(at('/folder'), { signal: controller.signal })) {
          found.push(name);
          controller.abort();
        }
      })();
      await assertFails(listing, 'aborted', { driver, path: '/folder' });
      assert.deepEqual(found, ['A']);
    },
  },
];
