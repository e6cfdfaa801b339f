import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { RepositoryChanges } from '../../../../core/jobs/repository-changes.ts';
import { ChangeStore } from '../../../../core/storage/changes/change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { jobRun } from '../../../helpers/core/job-run.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';
import { RefusingDriver } from '../../../helpers/drivers/refusing-driver.ts';

const APP = name('team/app');

function jobOf({ container }: CoreParts): RepositoryChanges {
  const changer = container.get(RepositoryChanger);
  return new RepositoryChanges({
    unfinished: () => changer.unfinished(),
    removeRemnants: () => changer.removeRemnants(),
    complete: (change) => changer.complete(change, AT_ONCE),
  });
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
