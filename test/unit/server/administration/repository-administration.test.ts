import test from 'ava';
import { RecordedChanges } from '../../../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { RepositoryChanges } from '../../../../core/jobs/repository-changes.ts';
import { ChangeStore } from '../../../../core/storage/changes/change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { RepositoryAdministration } from '../../../../server/administration/repository-administration.ts';
import { silentLog } from '../../../../server/jobs/silent-log.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { pushImage } from '../../../helpers/core/repository-parts.ts';

const APP = name('team/app');

test('a withdrawal that is recorded begins the job also when a process may be about to begin the rename', async (t) => {
  const { container, ...core } = composeCore(new MemoryDriver());
  await pushImage({ container, ...core }, APP, { tag: 'v1', layer: 'one' });
  const [changer, recorded] = [container.get(RepositoryChanger), container.get(RecordedChanges)];
  let begun = 0;
  const start = async () => {
    begun += 1;
    return { outcome: 'completed' } as never;
  };
  const job = new RepositoryChanges(changer);
  const administration = new RepositoryAdministration(
    {
      changer,
      recorded,
      jobs: [{ job, intervalMs: 1, dryRun: false }],
      schedules: { start, stopping: new AbortController().signal },
      log: silentLog,
    },
    { isDeleteEnabled: () => true, isImmutable: () => false, clock: { wait: async () => undefined } },
  );
  await t.throwsAsync(administration.withdraw(APP), { message: /no delete or rename of team\/app is announced/ });
  t.is(begun, 0);
  const change = await changer.announce({ action: 'rename', name: APP, target: name('other') });
  await container.get(ChangeStore).sign(change.id, 'gone');
  await t.throwsAsync(administration.withdraw(APP), { message: /about to begin the rename to other/ });
  t.is(begun, 1);
});
