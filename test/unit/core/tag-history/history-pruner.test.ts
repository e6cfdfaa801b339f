import { parseTag } from '../../../../core/model/reference.ts';
import {
  Clock,
  D1,
  D2,
  D3,
  digestAt,
  digestsAt,
  HOUR_MS,
  movesOf,
  pruneHistory,
  withMoves,
} from '../../../helpers/core/history-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

eachDriver(
  'old records are pruned, but not the one that says what a tag was when the time began',
  async (t, driver) => {
    const clock = new Clock();
    const core = await withMoves(driver, clock);
    clock.hours = 4;
    const limits = { keepMs: 2.5 * HOUR_MS };
    t.deepEqual(await pruneHistory(core, clock, { ...limits, dryRun: true }), {
      repositories: 2,
      tags: 2,
      records: 9,
      removed: 2,
    });
    t.is((await movesOf(core)).length, 4);
    t.like(await pruneHistory(core, clock, limits), { removed: 2 });
    t.deepEqual(await digestsAt(core, [0.5, 1.5, 2.5]), ['before', D2, D3]);
    clock.hours = 100;
    t.like(await pruneHistory(core, clock, limits), { removed: 2 + 4 });
    t.is(await digestAt(core, 99), D1);
    t.is(await digestAt(core, 99, parseTag('gone')), 'unrecorded');
    t.like(await pruneHistory(core, clock, limits), { removed: 0, records: 1, tags: 1 });
    t.like(await pruneHistory(core, clock, { keepMs: 0 }), { removed: 1 });
  },
);

eachDriver('no more records of a tag are kept than the configuration says', async (t, driver) => {
  const clock = new Clock();
  const core = await withMoves(driver, clock);
  t.like(await pruneHistory(core, clock, { keepMs: 1000 * HOUR_MS, maxRecords: 2 }), { removed: 2 + 3 });
  t.deepEqual(await movesOf(core), [
    { hours: 3, from: D3, to: D1 },
    { hours: 2, from: D2, to: D3 },
  ]);
});
