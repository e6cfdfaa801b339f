import test from 'ava';
import type { Digest } from '../../../../core/digest/digest.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { composeCore, composeCoreWithHistory } from '../../../helpers/core/core-parts.ts';
import {
  APP,
  at,
  Clock,
  CONFIG,
  D1,
  D2,
  D3,
  digestAt,
  digestsAt,
  HOUR_MS,
  movesOf,
  ONE,
  openHistory,
  pruneHistory,
  THREE,
  TWO,
  V1,
  withMoves,
} from '../../../helpers/core/history-parts.ts';
import { changeNow } from '../../../helpers/core/repository-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';

const ANN = { actor: { name: 'ann' }, requestId: 'r1' };

eachDriver('every move of a tag is recorded: who, when, from what and to what', async (t, driver) => {
  const clock = new Clock();
  const core = await openHistory(driver, clock);
  await core.manifests.put(APP, tagged('v1'), ONE, ANN);
  clock.hours = 1;
  await core.manifests.put(APP, tagged('v1'), TWO, { actor: { name: 'bob' } });
  clock.hours = 2;
  await core.manifests.delete(APP, tagged('v1'), { actor: { name: 'retention', kind: 'job' } });
  clock.hours = 3;
  await core.manifests.put(APP, { kind: 'digest', digest: D3 }, { ...THREE, tags: [V1] });
  clock.hours = 4;
  await core.manifests.delete(APP, { kind: 'digest', digest: D3 }, ANN);
  const ann = { by: { kind: 'user', name: 'ann' }, requestId: 'r1' };
  t.deepEqual(await movesOf(core), [
    { hours: 4, from: D3, to: undefined, ...ann },
    { hours: 3, from: undefined, to: D3 },
    { hours: 2, from: D2, to: undefined, by: { kind: 'job', name: 'retention' } },
    { hours: 1, from: D1, to: D2, by: { kind: 'user', name: 'bob' } },
    { hours: 0, from: undefined, to: D1, ...ann },
  ]);
  const known = await digestsAt(core, [-1, 0, 0.5, 1, 1.5, 2, 3, 3.9, 4, 99]);
  t.deepEqual(known, ['before', D1, D1, D2, D2, 'absent', D3, D3, 'absent', 'absent']);
});

eachDriver(
  'a push of what the tag points to already, and a delete of what is not there, are no moves',
  async (t, driver) => {
    const core = await openHistory(driver, new Clock());
    await core.manifests.put(APP, tagged('v1'), ONE);
    await core.manifests.put(APP, tagged('v1'), ONE);
    await t.throwsAsync(core.manifests.delete(APP, tagged('other')));
    t.is((await movesOf(core)).length, 1);
    t.deepEqual((await core.moves.list(APP, { limit: 100 })).moves.length, 1);
  },
);

test('without a history, nothing is written, and nothing more is asked of the storage', async (t) => {
  const driver = new CountingDriver(new MemoryDriver());
  const core = composeCore(driver);
  await pushBlob(core.layers, APP, CONFIG);
  const before = driver.count();
  await core.manifests.put(APP, tagged('v1'), ONE);
  const plain = driver.count() - before;
  const recording = new CountingDriver(new MemoryDriver());
  const other = await openHistory(recording, new Clock());
  const start = recording.count();
  await other.manifests.put(APP, tagged('v1'), ONE);
  t.is(recording.count() - start, plain + 1, 'a move costs a write, and a read where the storage is remote');
  const asOf = { asOf: new Date() };
  await t.throwsAsync(core.registry.manifests.get(APP, tagged('v1'), asOf), {
    message: /QUERY_INVALID.*keeps no history/,
  });
});

eachDriver('a manifest is pulled as of a time', async (t, driver) => {
  const clock = new Clock();
  const core = await openHistory(driver, clock);
  await core.manifests.put(APP, tagged('v1'), ONE);
  clock.hours = 1;
  await core.manifests.put(APP, tagged('v1'), TWO);
  clock.hours = 2;
  await core.manifests.delete(APP, tagged('v1'));
  const pulled = (hours: number, tag = 'v1') => core.registry.manifests.get(APP, tagged(tag), { asOf: at(hours) });
  t.is((await pulled(0.5)).digest, D1);
  t.deepEqual((await pulled(1.5)).bytes, TWO.bytes);
  await t.throwsAsync(pulled(2.5), { message: /MANIFEST_UNKNOWN.*did not exist at that time/ });
  await t.throwsAsync(pulled(-1), { message: /MANIFEST_UNKNOWN.*begins at 2026-01-01T00:00:00.000Z.*did not exist/ });
  await t.throwsAsync(pulled(1, 'other'), { message: /MANIFEST_UNKNOWN.*no record of this tag/ });
  await t.throwsAsync(pulled(1e6), { message: /QUERY_INVALID.*is in the future/ });
  const byDigest = { kind: 'digest', digest: D1 } as const;
  await t.throwsAsync(core.registry.manifests.get(APP, byDigest, { asOf: at(1) }), {
    message: /QUERY_INVALID.*a digest/,
  });
  await core.manifests.delete(APP, byDigest);
  await t.throwsAsync(pulled(0.5), {
    message: new RegExp(`MANIFEST_UNKNOWN.*pointed to ${D1}, which is gone.*undelete`),
  });
});

eachDriver('a storage that has no history yet begins one', async (t, driver) => {
  const old = composeCore(driver);
  await pushBlob(old.layers, APP, CONFIG);
  await old.manifests.put(APP, tagged('v1'), ONE);
  const clock = new Clock();
  const core = composeCoreWithHistory(driver, { now: clock.now });
  t.is(await digestAt(core, 0), 'unrecorded');
  t.deepEqual(await core.moves.list(APP, { limit: 10 }), { moves: [] });
  await core.manifests.put(APP, tagged('v1'), TWO);
  t.deepEqual(await movesOf(core), [{ hours: 0, from: D1, to: D2 }]);
  await t.throwsAsync(core.asOf.resolve(APP, V1, at(-1)), {
    message: new RegExp(`immediately before that, it pointed to ${D1}`),
  });
});

eachDriver(
  'a move by something that records nothing is seen, and nothing is claimed of the time of it',
  async (t, driver) => {
    const clock = new Clock();
    const core = await openHistory(driver, clock);
    await core.manifests.put(APP, tagged('v1'), ONE);
    const other = composeCore(driver);
    await other.manifests.put(APP, tagged('v1'), TWO);
    t.deepEqual(await movesOf(core), [{ hours: 0, from: undefined, to: D1, found: D2 }]);
    t.is(await digestAt(core, 1), 'unclear');
    // The storage says since when the tag points there.
    t.is(((await core.history.at(APP, V1, Date.now() + HOUR_MS)) as { digest?: Digest }).digest, D2);
    clock.hours = 2;
    await core.manifests.put(APP, tagged('v1'), THREE);
    t.deepEqual(await movesOf(core), [
      { hours: 2, from: D2, to: D3 },
      { hours: 0, from: undefined, to: D1, found: D2 },
    ]);
    t.is(await digestAt(core, 1), 'unclear');
    await t.throwsAsync(core.asOf.resolve(APP, V1, at(1)), {
      message: new RegExp(`STATE_CONFLICT.*pointed to ${D1} then, and later to ${D2}`),
    });
  },
);

eachDriver('a move that failed is recognisable, and the next one is right', async (t, driver) => {
  const clock = new Clock();
  const faulty = new FaultInjector(driver);
  const core = await openHistory(faulty, clock);
  await core.manifests.put(APP, tagged('v1'), ONE);
  clock.hours = 1;
  const isLink = core.paths.tagCurrentLink(APP, V1);
  for (let index = 0; ; index += 1) {
    faulty.plan({ fault: 'before', index, call: 'write' });
    await core.manifests.put(APP, tagged('v1'), TWO).catch(() => undefined);
    if (faulty.hit?.path === isLink || faulty.isPending) break;
  }
  t.is(faulty.hit?.path, isLink);
  faulty.heal();
  const failed = (await movesOf(core)).find((move) => 'found' in move);
  t.deepEqual(failed, { hours: 1, from: D1, to: D2, found: D1 });
  clock.hours = 5;
  t.is(await digestAt(core, 2), D1);
  await core.manifests.put(APP, tagged('v1'), THREE);
  t.deepEqual(await digestsAt(core, [0, 2, 4, 5]), [D1, D1, D1, D3]);
});

eachDriver('a tag stays as it is when its move cannot be recorded', async (t, driver) => {
  const faulty = new FaultInjector(driver);
  const core = await openHistory(faulty, new Clock());
  await core.manifests.put(APP, tagged('v1'), ONE);
  const [record] = await core.history.records(APP, V1);
  const folder = core.paths.tagHistory.ofTag(APP, V1);
  let failed = '';
  for (let index = 0; !failed.startsWith(folder) && index < 20; index += 1) {
    faulty.plan({ fault: 'before', index, call: 'write' });
    await t.throwsAsync(core.manifests.put(APP, tagged('v1'), TWO));
    failed = faulty.hit?.path ?? '';
  }
  faulty.heal();
  t.true(failed.startsWith(folder), failed);
  t.is((await core.manifests.get(APP, tagged('v1'))).digest, D1);
  t.deepEqual((await core.history.records(APP, V1)).slice(0, 1), [record]);
  await t.notThrowsAsync(core.manifests.delete(APP, tagged('v1')));
});

eachDriver(
  'two processes that move a tag at the same time leave a history that ends where the tag is',
  async (t, driver) => {
    const clock = new Clock();
    const cores = [await openHistory(driver, clock), composeCoreWithHistory(driver, { now: clock.now })] as const;
    for (let round = 0; round < 20; round += 1) {
      clock.hours = round;
      const pushes = [ONE, TWO, THREE, ONE].map((image, index): Promise<unknown> => {
        const core = cores[(index + round) % 2] ?? cores[0];
        return core.manifests.put(APP, tagged('v1'), image);
      });
      await Promise.all(pushes);
      const { digest } = await cores[0].manifests.get(APP, tagged('v1'));
      t.is(await digestAt(cores[0], round + 0.5), digest);
      if (round > 0) t.not(await digestAt(cores[1], round - 0.5), 'unclear');
    }
  },
);

eachDriver('a collection keeps the manifests of the history, until they are pruned', async (t, driver) => {
  const clock = new Clock();
  const core = await openHistory(new OldFiles(driver), clock);
  await composeCore(driver).manifests.put(APP, tagged('v1'), ONE);
  await core.manifests.put(APP, tagged('v1'), TWO);
  clock.hours = 1;
  await core.manifests.delete(APP, tagged('v1'));
  t.like(await collectGarbage(core, { deletesUntagged: true }), { removedManifests: 0 });
  t.is((await core.registry.manifests.get(APP, tagged('v1'), { asOf: at(0.5) })).digest, D2);
  clock.hours = 100;
  await pruneHistory(core, clock, { keepMs: HOUR_MS });
  t.like(await collectGarbage(core, { deletesUntagged: true }), { removedManifests: 2 });
});

eachDriver('a history goes with its repository: renamed with it, and deleted with it', async (t, driver) => {
  const clock = new Clock();
  const core = await withMoves(driver, clock);
  const before = (await core.moves.list(APP, { limit: 100 })).moves;
  const renamed = name('new/place');
  await changeNow(core, { action: 'rename', name: APP, target: renamed });
  t.deepEqual((await core.moves.list(renamed, { limit: 100 })).moves, before);
  t.deepEqual((await core.moves.list(APP, { limit: 100 })).moves, []);
  t.is(await core.asOf.resolve(renamed, V1, at(1.5)), D2);
  await changeNow(core, { action: 'delete', name: renamed });
  t.deepEqual((await core.moves.list(renamed, { limit: 100 })).moves, []);
});

test('a clock that is set back a little keeps the order of moves', async (t) => {
  const clock = new Clock();
  const core = await openHistory(new MemoryDriver(), clock);
  await core.manifests.put(APP, tagged('v1'), ONE);
  await core.manifests.put(APP, tagged('v1'), TWO);
  clock.hours = -0.01;
  await core.manifests.put(APP, tagged('v1'), THREE);
  const found = await core.history.records(APP, V1);
  t.deepEqual(
    found.map(({ to }) => to),
    [D1, D2, D3],
  );
});
