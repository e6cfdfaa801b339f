import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import { SharedLooks } from '../../../../../core/registry/local/referrer-looks.ts';

const digests = Array.from({ length: 10 }, (_, index) => digestOf(Buffer.from(String(index))));
const [first, , , , , , , late] = digests as [Digest, Digest, Digest, Digest, Digest, Digest, Digest, Digest];

/** Looks at a set, three in a turn, and how many there were. */
function looksAt(here: ReadonlySet<Digest>) {
  const looks = new SharedLooks(3);
  const seen: Digest[] = [];
  const ask = (list: readonly Digest[]): Promise<boolean[]> =>
    looks.look(list, (digest) => {
      seen.push(digest);
      return here.has(digest);
    });
  return { ask, seen };
}

test('a list is looked at in order, a few in each turn, and no more often than needed', async (t) => {
  const { ask, seen } = looksAt(new Set(digests.slice(1)));
  const answer = ask(digests);
  t.is(seen.length, 0);
  for (const expected of [3, 6, 9, 10, 10]) {
    await nextTurn();
    t.is(seen.length, expected);
  }
  t.deepEqual(
    await answer,
    digests.map((digest) => digest !== first),
  );
  t.deepEqual(seen, digests);
});

test('who joins in shares the looks that are still to come, and has those repeated that were before', async (t) => {
  const here = new Set(digests);
  const { ask, seen } = looksAt(here);
  const before = ask(digests);
  await nextTurn();
  t.is(seen.length, 3);
  here.delete(first);
  here.delete(late);
  const after = ask(digests);
  const now = digests.map((digest) => digest !== first && digest !== late);
  // The first asker waited for the tenth look, in the turn of which the round began again.
  t.deepEqual(await before, now);
  t.deepEqual(await after, now);
  t.is(seen.length, 13);
});

test('many askers of one list cost one round, those of another list have their own', async (t) => {
  const { ask, seen } = looksAt(new Set(digests));
  const others = digests.slice(0, 4);
  const answers = await Promise.all([ask(digests), ask(others), ask(digests), ask(digests), ask(others)]);
  t.deepEqual(
    answers.map((answer) => answer.length),
    [10, 4, 10, 10, 4],
  );
  t.is(seen.length, 14);
});

test('after a pause a list is looked at again', async (t) => {
  const here = new Set(digests);
  const { ask } = looksAt(here);
  t.true((await ask(digests)).every(Boolean));
  here.clear();
  t.false((await ask(digests)).some(Boolean));
});
