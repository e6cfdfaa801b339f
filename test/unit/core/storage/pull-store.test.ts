import type { ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import type { RepositoryName } from '../../../../core/model/reference.ts';
import { Remains } from '../../../../core/registry/local/collection/remains.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { imageIndex, name, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const APP = name('team/app');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOON = Date.parse('2026-03-01T12:00:00Z');

/** A manifest that the repository has. */
async function pushed(core: CoreParts, number = 0, repository: RepositoryName = APP): Promise<Digest> {
  const bytes = Buffer.concat([imageIndex([]), Buffer.from(' '.repeat(number))]);
  return (await core.manifests.put(repository, tagged(`t${number}`), { bytes, contentType: undefined })).digest;
}

function storeOn(core: CoreParts): PullStore {
  return core.container.get(PullStore);
}

async function filesOf(driver: StorageDriver): Promise<string[]> {
  return [...(await storedFiles(driver)).keys()].flatMap((path) => /\/_pulls\/(.*)$/.exec(path)?.[1] ?? []).sort();
}

async function hoursAre(t: ExecutionContext, store: PullStore, expected: Readonly<Record<Digest, number>>) {
  const { hours, isDamaged } = await store.read(APP);
  t.deepEqual(Object.fromEntries(hours), expected);
  t.false(isDamaged);
}

eachDriver('the last hour of any process counts, and each process has one file for a day', async (t, driver) => {
  const core = composeCore(driver);
  const [one, two] = [await pushed(core, 1), await pushed(core, 2)];
  const store = storeOn(core);
  await store.add(APP, 'a', new Map([[one, NOON - HOUR]]), { nowMs: NOON });
  await store.add(APP, 'b', new Map([[one, NOON]]), { nowMs: NOON });
  await store.add(APP, 'a', new Map([[two, NOON]]), { nowMs: NOON });
  await store.add(APP, 'a', new Map([[two, NOON - HOUR]]), { nowMs: NOON });
  await hoursAre(t, store, { [one]: NOON, [two]: NOON });
  t.deepEqual(await filesOf(driver), ['2026-03-01-a', '2026-03-01-b']);
  await store.add(APP, 'a', new Map([[two, NOON + DAY]]), { nowMs: NOON + DAY });
  await hoursAre(t, store, { [one]: NOON, [two]: NOON + DAY });
  t.deepEqual(await filesOf(driver), ['2026-03-01-a', '2026-03-01-b', '2026-03-02-a']);
});

eachDriver('nothing is written for a repository that does not exist', async (t, driver) => {
  const core = composeCore(driver);
  await storeOn(core).add(APP, 'a', new Map([[digestOf(Buffer.of()), NOON]]), { nowMs: NOON });
  t.deepEqual(await filesOf(driver), []);
  await hoursAre(t, storeOn(core), {});
});

eachDriver('files of days that are over are merged, without manifests that are gone', async (t, driver) => {
  const core = composeCore(driver);
  const store = storeOn(core);
  const [kept, gone] = [await pushed(core, 1), await pushed(core, 2)];
  for (let day = 0; day < 40; day += 1) {
    for (const writer of ['a', 'b'])
      await store.add(APP, writer, new Map([[kept, NOON + day * DAY]]), { nowMs: NOON + day * DAY });
    if (day === 0) await store.add(APP, 'a', new Map([[gone, NOON]]), { nowMs: NOON });
    if (day === 1) await core.manifests.delete(APP, { kind: 'digest', digest: gone });
    const files = await filesOf(driver);
    // Those of the last two days, and fewer than four others, of which one may just have been complete.
    t.true(files.length <= 4 + 4 + 2, files.join('\n'));
  }
  await hoursAre(t, store, { [kept]: NOON + 39 * DAY });
});

eachDriver('a merge that fails at any call, and is repeated, loses no pull', async (t, driver) => {
  const faulty = new FaultInjector(driver);
  const core = composeCore(faulty);
  const store = storeOn(core);
  const digests = [];
  for (let day = 0; day < 4; day += 1) {
    const digest = await pushed(core, day);
    digests.push(digest);
    await store.add(APP, 'a', new Map([[digest, NOON + day * DAY]]), { nowMs: NOON + day * DAY });
  }
  const later = NOON + 9 * DAY;
  const expected = Object.fromEntries(digests.map((digest, day) => [digest, NOON + day * DAY]));
  for (let index = 0; ; index += 1) {
    faulty.failAt(index, index % 2 === 0 ? 'before' : 'after');
    await store.add(APP, `w${index}`, new Map(), { nowMs: later }).catch(() => undefined);
    const isOver = faulty.isPending;
    faulty.heal();
    await hoursAre(t, store, expected);
    if (isOver) break;
  }
});

eachDriver('a damaged file is reported and never merged', async (t, driver) => {
  const core = composeCore(driver);
  const store = storeOn(core);
  const digest = await pushed(core);
  for (let day = 0; day < 4; day += 1)
    await store.add(APP, 'a', new Map([[digest, NOON]]), { nowMs: NOON + day * DAY });
  const path = core.paths.pulls.file(APP, '2026-03-01-a');
  await driver.write(path, Buffer.from('2026-03-01T12 sha256:'));
  await store.add(APP, 'b', new Map(), { nowMs: NOON + 9 * DAY });
  t.true((await store.read(APP)).isDamaged);
  t.is((await filesOf(driver)).length, 3);
  t.true((await filesOf(driver)).includes('2026-03-01-a'));
});

eachDriver('a repository that a collection removes leaves no pulls', async (t, driver) => {
  const core = composeCore(driver);
  const store = storeOn(core);
  const digest = await pushed(core);
  await store.add(APP, 'a', new Map([[digest, NOON]]), { nowMs: NOON });
  await core.manifests.delete(APP, { kind: 'digest', digest });
  t.deepEqual(await filesOf(driver), ['2026-03-01-a']);
  await core.container.get(Remains).ofRepository(APP);
  t.deepEqual(await filesOf(driver), []);
});

eachDriver('when pulls were recorded is kept as it was written', async (t, driver) => {
  const store = storeOn(composeCore(driver));
  t.is(await store.recording(), undefined);
  await store.putRecording({ sinceMs: NOON, untilMs: NOON + 1 });
  t.deepEqual(await store.recording(), { sinceMs: NOON, untilMs: NOON + 1 });
});
