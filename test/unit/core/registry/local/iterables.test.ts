import test from 'ava';
import { inBatches, inGrowingGroups, mergeSorted } from '../../../../../core/registry/local/iterables.ts';

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
    for (const size of [1, 2, 9]) {
      const groups = inBatches(from([...first]), size);
      t.deepEqual((await all(mergeSorted(groups, [...second]))).flat(), [...merged], `in groups of ${size}`);
    }
  });
}

test('every batch but the last has the requested size', async (t) => {
  t.deepEqual(await all(inBatches(from([1, 2, 3, 4, 5]), 2)), [[1, 2], [3, 4], [5]]);
  t.deepEqual(await all(inBatches(from([1, 2]), 2)), [[1, 2]]);
  t.deepEqual(await all(inBatches(from([]), 2)), []);
});

test('groups grow from the first size to the largest, whatever groups their items come in', async (t) => {
  const items = Array.from({ length: 12 }, (_, index) => index);
  for (const size of [1, 3, 5, 12]) {
    const groups = inGrowingGroups(inBatches(from(items), size), { first: 2, most: 5 });
    t.deepEqual(await all(groups), [[0, 1], [2, 3, 4, 5], [6, 7, 8, 9, 10], [11]]);
  }
  t.deepEqual(await all(inGrowingGroups(from<string[]>([]), { first: 2, most: 5 })), []);
});
