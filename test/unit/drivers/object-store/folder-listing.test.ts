import test from 'ava';
import fc from 'fast-check';
import { listFolder } from '../../../../drivers/object-store/folder-listing.ts';
import { KeyMapper, ObjectStoreDriver } from '../../../../drivers/object-store/index.ts';
import { at } from '../../../../testing/driver-case.ts';
import { MemoryObjectStore, memoryBucket } from '../../../helpers/drivers/memory-object-store.ts';

/** A store of empty objects with pages of `pageKeys` items and prefixes together. */
async function storeOf(keys: readonly string[], pageKeys: () => number): Promise<MemoryObjectStore> {
  const store = new MemoryObjectStore({ bucket: memoryBucket(), pageKeys });
  for (const key of keys) await store.put(key, { content: [] });
  return store;
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '.', '0', '_'), minLength: 1, maxLength: 4 });
const tree = fc.array(fc.tuple(name, fc.boolean()), { maxLength: 40 });

test('names come in byte order, each once, whatever the pages are and wherever they begin', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      tree,
      fc.integer({ min: 1, max: 5 }),
      fc.option(name, { nil: '' }),
      async (entries, size, after) => {
        const folders = new Map(entries);
        const keys = [...folders].map(([entry, isFolder]) => `root/${entry}${isFolder ? '/below' : ''}`).sort();
        const store = await storeOf(keys, () => size);
        const found: [string, boolean][] = [];
        for await (const entry of listFolder({ store, folderKey: 'root/', after }))
          found.push([entry.name, entry.isFolder]);
        const expected = [...folders].filter(([entry]) => entry > after).sort(([a], [b]) => (a < b ? -1 : 1));
        t.deepEqual(found, expected);
      },
    ),
    { numRuns: 150 },
  );
});

test('the first names of a large folder cost a page, not the folder', async (t) => {
  const keys = Array.from({ length: 5000 }, (_, index) => `root/entry-${String(index).padStart(5, '0')}`);
  const store = await storeOf(keys, () => 1000);
  const found: string[] = [];
  for await (const entry of listFolder({ store, folderKey: 'root/', after: 'entry-01000' })) {
    found.push(entry.name);
    if (found.length === 100) break;
  }
  t.is(found[0], 'entry-01001');
  t.is(found.at(-1), 'entry-01100');
  t.is(store.calls['list'], 2);
});

test('what is hidden in a folder is not listed, and a folder with nothing else is none', async (t) => {
  const store = await storeOf(['a/b', 'a/~upload.c', 'a/~0', 'd/~upload.e'], () => 1);
  const entries = listFolder({ store, folderKey: 'a/', after: '' });
  t.deepEqual(await entries.next(), { done: false, value: { name: 'b', isFolder: false } });
  t.deepEqual(await entries.next(), { done: true, value: true });
  const nothing = listFolder({ store, folderKey: 'd/', after: '' });
  t.deepEqual(await nothing.next(), { done: true, value: false });
});

test('a folder is there although the first pages of its list are empty', async (t) => {
  const store = await storeOf(['a/b/c', 'a-x', 'a.y'], () => 1);
  const list = store.list.bind(store);
  store.list = async (query, options) => {
    const { token } = query;
    if (token === undefined || token === 'empty') {
      return { items: [], prefixes: [], next: token === undefined ? 'empty' : 'begin' };
    }
    return list({ ...query, token: token === 'begin' ? undefined : token }, options);
  };
  await using driver = new ObjectStoreDriver({ name: 'objects', store, keys: new KeyMapper('') });
  t.like(await driver.stat(at('/a/b')), { isFolder: true });
  t.is(await driver.stat(at('/a/c')), undefined);
  const names: string[] = [];
  for await (const { name } of driver.list(at('/'))) names.push(name);
  t.deepEqual(names, ['a', 'a-x', 'a.y']);
});
