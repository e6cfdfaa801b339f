import { APP, Clock, hoursOf, V1, withMoves } from '../../../helpers/core/history-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

eachDriver('records come in pages, by tag, the newest of each first', async (t, driver) => {
  const core = await withMoves(driver, new Clock());
  const all = await core.moves.list(APP, { limit: 100 });
  t.deepEqual(
    all.moves.map(({ tag, at: time }) => `${tag} ${hoursOf(time)}`),
    ['gone 3', 'gone 3', 'gone 2', 'gone 1', 'gone 0', 'v1 3', 'v1 2', 'v1 1', 'v1 0'],
  );
  t.is(all.next, undefined);
  for (const limit of [1, 2, 4, 5, 8, 9]) {
    const paged: unknown[] = [];
    let after: string | undefined;
    do {
      const page = await core.moves.list(APP, { limit, after });
      t.true(page.moves.length <= limit);
      paged.push(...page.moves);
      after = page.next;
    } while (after !== undefined);
    t.deepEqual(paged, [...all.moves]);
  }
  const ofTag = await core.moves.list(APP, { tag: V1, limit: 2 });
  t.deepEqual([ofTag.moves.length, ofTag.next], [2, ofTag.moves[1]?.key]);
  for (const after of ['', 'x', ':', 'zzz:', '~:x'])
    await t.notThrowsAsync(core.moves.list(APP, { limit: 3, after }), after);
});
