import test from 'ava';
import { inBatches, mergeSorted } from '../../../../../core/registry/local/iterables.ts';

async function* from<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  yield* items;
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const MERGES: [string, string, string][] = [
  ['', '', ''],
  ['a', '', 'a'],
  ['', 'a', 'a'],
  ['a', 'a', 'a'],
  ['ac', 'bd', 'abcd'],
  ['bd', 'ac', 'abcd'],
  ['abc', 'bcd', 'abcd'],
  ['d', 'abc', 'abcd'],
  ['a', 'bcd', 'abcd'],
];

for (const [first, second, merged] of MERGES) {
  test(`"${first}" and "${second}" merge into "${merged}"`, async (t) => {
    t.deepEqual(await all(mergeSorted(from([...first]), [...second])), [...merged]);
  });
}

test('every batch but the last has the requested size', async (t) => {
  t.deepEqual(await all(inBatches(from([1, 2, 3, 4, 5]), 2)), [[1, 2], [3, 4], [5]]);
  t.deepEqual(await all(inBatches(from([1, 2]), 2)), [[1, 2]]);
  t.deepEqual(await all(inBatches(from([]), 2)), []);
});
