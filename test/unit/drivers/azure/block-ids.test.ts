import test from 'ava';
import { blockOf, chainOf, parseBlockId } from '../../../../drivers/azure/block-ids.ts';

const chain = (blocks: readonly (readonly [number, number])[], end: number) =>
  chainOf(
    blocks.map(([start, bytes]) => blockOf(start, bytes)),
    end,
  )?.map(({ start, bytes }) => [start, bytes]);

test('the id of a block says which bytes it has, and all ids have the same length', (t) => {
  const [small, large] = [blockOf(0, 1), blockOf(5_000_000_000_000, 4_194_304_000)];
  t.is(small.id.length, large.id.length);
  t.true(large.id.length <= 64);
  t.deepEqual(parseBlockId(large.id), large);
  t.is(parseBlockId(Buffer.from('of another program').toString('base64')), undefined);
});

test('blocks of an upload follow one another from the beginning to its end', (t) => {
  t.deepEqual(chain([], 0), []);
  t.deepEqual(
    chain(
      [
        [3, 4],
        [0, 3],
      ],
      7,
    ),
    [
      [0, 3],
      [3, 4],
    ],
  );
  t.is(
    chain(
      [
        [3, 4],
        [0, 2],
      ],
      7,
    ),
    undefined,
  );
  t.is(chain([[0, 3]], 7), undefined);
  t.deepEqual(
    chain(
      [
        [0, 3],
        [3, 4],
        [7, 2],
      ],
      7,
    ),
    [
      [0, 3],
      [3, 4],
    ],
  );
});

test('of parts that were sent in two sizes those are taken that lead to the end, the longer one first', (t) => {
  t.deepEqual(
    chain(
      [
        [0, 3],
        [0, 5],
        [3, 4],
      ],
      7,
    ),
    [
      [0, 3],
      [3, 4],
    ],
  );
  t.deepEqual(
    chain(
      [
        [0, 3],
        [0, 5],
        [3, 4],
        [5, 2],
      ],
      7,
    ),
    [
      [0, 5],
      [5, 2],
    ],
  );
});
