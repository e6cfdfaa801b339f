import test from 'ava';
import { RecordedChanges } from '../../../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { EndedChangeStore } from '../../../../core/storage/changes/ended-change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';

const APP = name('team/app');

const partsOf = ({ container }: CoreParts) => ({
  changer: container.get(RepositoryChanger),
  recorded: container.get(RecordedChanges),
  ended: container.get(EndedChangeStore),
});

test('how a change has ended is known in every process, also after one that came late has found nothing to do', async (t) => {
  const driver = new MemoryDriver();
  const [core, other] = [composeCore(driver), composeCore(driver)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP, user: 'ann' });
  t.like(await recorded.find(change.id), { name: APP, isUnderWay: false });
  await recorded.complete(change, AT_ONCE);
  await partsOf(other).recorded.complete(change, AT_ONCE);
  t.like(await partsOf(other).recorded.find(change.id), {
    action: 'delete',
    name: APP,
    user: 'ann',
    ending: { state: 'completed', tags: 1, manifests: 1 },
  });
  t.is(await recorded.find(`${change.id}x`), undefined);
});

test('a change that has become impossible has failed, and says why', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'rename', name: APP, target: name('other') });
  const late = composeCore(core.driver);
  const link = late.paths.tagCurrentLink(name('other'), 'v1' as Parameters<typeof late.paths.tagCurrentLink>[1]);
  await core.driver.write(link, Buffer.from('a push that was faster'));
  await t.throwsAsync(recorded.complete(change, AT_ONCE), { message: /a repository has this name/ });
  t.like(await recorded.find(change.id), {
    ending: { state: 'failed', reason: 'a repository has this name; delete it first' },
  });
});

test('a change that another process completes has not failed, and a storage that takes no record fails none', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP });
  const wait = async (): Promise<void> => {
    await t.throwsAsync(recorded.complete(change, AT_ONCE), { message: /another process completes the change/ });
    t.like(await recorded.find(change.id), { name: APP });
    t.false('ending' in ((await recorded.find(change.id)) ?? {}));
  };
  await recorded.complete(change, { ...AT_ONCE, wait });
  t.like(await recorded.find(change.id), { ending: { state: 'completed' } });
});

test('a change that ended a week ago is forgotten with the next one', async (t) => {
  const core = composeCore(new MemoryDriver());
  const { ended } = partsOf(core);
  const put = (id: string, endedAt: string): Promise<void> =>
    ended.put(
      {
        id,
        action: 'delete',
        name: APP,
        announcedAt: new Date(endedAt),
        endedAt: new Date(endedAt),
        ending: { state: 'failed', reason: 'no' },
      },
      { ifAbsent: false },
    );
  const old = 'change-20260101T000000000Z-000001-00000000';
  await put(old, '2026-01-01T00:00:00Z');
  t.like(await ended.read(old), { id: old, endedAt: new Date('2026-01-01T00:00:00Z') });
  const next = 'change-20260109T000000000Z-000001-00000000';
  await put(next, '2026-01-09T00:00:00Z');
  t.is(await ended.read(old), undefined);
  t.truthy(await ended.read(next));
});
