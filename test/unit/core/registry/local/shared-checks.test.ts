import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { type Digest, digestOf } from '../../../../../core/digest/digest.ts';
import { SharedChecks } from '../../../../../core/registry/local/shared-checks.ts';

const digests = Array.from({ length: 10 }, (_, index) => digestOf(Buffer.from(String(index))));
const [first, , , , , , , late] = digests as [Digest, Digest, Digest, Digest, Digest, Digest, Digest, Digest];

/** Checks whether digests are in a set, three in a turn, and records the checks. */
function checksOf(here: ReadonlySet<Digest>) {
  const checks = new SharedChecks(3);
  const seen: Digest[] = [];
  const ask = (list: readonly Digest[]): Promise<boolean[]> =>
    checks.check(list, (digest) => {
      seen.push(digest);
      return here.has(digest);
    });
  return { ask, seen };
}

test('a list is checked in order, a few entries in each turn, and no more often than needed', async (t) => {
  const { ask, seen } = checksOf(new Set(digests.slice(1)));
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

test('a caller that joins shares the checks still to come, and the earlier ones are repeated for it', async (t) => {
  const here = new Set(digests);
  const { ask, seen } = checksOf(here);
  const before = ask(digests);
  await nextTurn();
  t.is(seen.length, 3);
  here.delete(first);
  here.delete(late);
  const after = ask(digests);
  const now = digests.map((digest) => digest !== first && digest !== late);
  // The first caller waited for the tenth check; the round began again in the same turn.
  t.deepEqual(await before, now);
  t.deepEqual(await after, now);
  t.is(seen.length, 13);
});

test('many callers of one list cost one round, and those of another list have their own', async (t) => {
  const { ask, seen } = checksOf(new Set(digests));
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
  const { ask } = checksOf(here);
  t.true((await ask(digests)).every(Boolean));
  here.clear();
  t.false((await ask(digests)).some(Boolean));
});
