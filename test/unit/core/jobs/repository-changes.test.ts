import test from 'ava';
import { RecordedChanges } from '../../../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { type OnChanged, RepositoryChanges } from '../../../../core/jobs/repository-changes.ts';
import { ChangeStore } from '../../../../core/storage/changes/change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';
import { RefusingDriver } from '../../../helpers/drivers/refusing-driver.ts';

const APP = name('team/app');

/** @param wait called in place of each pause */
function jobOf({ container }: CoreParts, onChanged?: OnChanged, wait = AT_ONCE.wait): RepositoryChanges {
  const changer = container.get(RecordedChanges);
  return new RepositoryChanges(
    {
      unfinished: () => changer.unfinished(),
      removeRemnants: () => changer.removeRemnants(),
      complete: (change, options) => changer.complete(change, { ...options, wait }),
    },
    onChanged,
  );
}

test('what is left of a change that has ended, and cannot be removed, stops no other change, and is said', async (t) => {
  const storage = new RefusingDriver(new MemoryDriver());
  const core = composeCore(storage);
  const remnant = 'change-20260101T000000000Z-000001-00000000';
  const removable = 'change-20260101T000000000Z-000002-00000000';
  const store = core.container.get(ChangeStore);
  for (const id of [remnant, removable]) await store.advance(id, 'done');
  storage.refuse('denied', ({ call, path }) => call === 'delete' && path.includes(remnant));
  await pushImage(core, APP, { tag: 'v1', layer: 'one' });
  await core.container.get(RepositoryChanger).announce({ action: 'delete', name: APP });
  const said: unknown[] = [];
  const log = { ...silentLog, warn: (facts: unknown) => void said.push(facts) };
  t.like(await jobOf(core).run(jobRun({ log })), { completed: 1, skipped: 0, tags: 1 });
  t.like(said, [{ job: 'repository-changes', change: remnant }]);
  t.is(said.length, 1);
  t.deepEqual(
    await core.container
      .get(ChangeStore)
      .removeRemnants()
      .then((left) => left.map(({ id }) => id)),
    [remnant],
  );
  storage.heal();
  t.deepEqual(await store.removeRemnants(), []);
});

for (const isSecondSlow of [false, true]) {
  const which = isSecondSlow ? 'first' : 'last';
  test(`a change that two instances work on is heard of once, and counted in one report: that of the ${which} to begin`, async (t) => {
    const driver = new MemoryDriver();
    const [core, other] = [composeCore(driver), composeCore(driver)];
    await pushImage(core, APP, { tag: 'v1', layer: 'one' });
    const changer = core.container.get(RepositoryChanger);
    await changer.announce({ action: 'delete', name: APP });
    const heard: string[] = [];
    let second: Promise<unknown> | undefined;
    const waits = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    const waitOfSecond = async (): Promise<void> => {
      waits.resolve();
      if (isSecondSlow) await goesOn.promise;
    };
    const wait = async (): Promise<void> => {
      if ((await changer.unfinished())[0]?.isDone !== true) return;
      second ??= jobOf(other, () => heard.push('second'), waitOfSecond).run(jobRun());
      await (isSecondSlow ? waits.promise : second);
    };
    const reports = [await jobOf(core, () => heard.push('first'), wait).run(jobRun())];
    goesOn.resolve();
    t.like(await second, {
      completed: isSecondSlow ? 0 : 1,
      skipped: isSecondSlow ? 1 : 0,
      tags: isSecondSlow ? 0 : 1,
    });
    t.like(reports, [{ completed: isSecondSlow ? 1 : 0, skipped: isSecondSlow ? 0 : 1, tags: isSecondSlow ? 1 : 0 }]);
    t.deepEqual(heard, [isSecondSlow ? 'first' : 'second']);
  });
}
