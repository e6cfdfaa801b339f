import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { formatAnnouncement, type RepositoryChange } from '../../../../core/storage/changes/repository-change.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';

const APP = name('team/app');
const NEW = name('other/place');
/** The id of a process whose clock is far behind. */
const EARLY_ID = 'change-20010101T000000000Z-000001-00000000';
const REFUSED = { message: /STATE_CONFLICT.*team\/app is being deleted/ };

function changerOf({ container }: CoreParts): RepositoryChanger {
  return container.get(RepositoryChanger);
}

/** A delete that was announced by a process that had looked for other changes long before. */
async function announceUnseen(core: CoreParts): Promise<RepositoryChange> {
  const announcement = { id: EARLY_ID, action: 'delete', name: APP, announcedAt: new Date() } as const;
  await core.driver.write(core.paths.collections.change(EARLY_ID), formatAnnouncement(announcement));
  return { ...announcement, isUnderWay: false };
}

test('a rename that is slow to record that it begins does nothing once another change may be at work', async (t) => {
  const driver = new MemoryDriver();
  const [slowDriver, workingDriver] = [new GatedDriver(driver), new GatedDriver(driver)];
  const [core, slow, working] = [composeCore(driver), composeCore(slowDriver), composeCore(workingDriver)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const rename = await changerOf(slow).announce({ action: 'rename', name: APP, target: NEW });
  const slowGate = slowDriver.holdNext(({ call, path }) => call === 'write' && path.endsWith('/under-way'));
  const renaming = changerOf(slow).complete(rename, AT_ONCE);
  await slowGate.reached;
  const deletion = await announceUnseen(core);
  const gate = workingDriver.holdNext(({ call, path }) => call === 'delete' && path.includes('/_manifests/tags/'));
  const deleting = changerOf(working).complete(deletion, AT_ONCE);
  await gate.reached;
  slowGate.open();
  await t.throwsAsync(renaming, REFUSED);
  gate.open();
  t.deepEqual(await deleting, { tags: 1, manifests: 1 });
  t.deepEqual(await changerOf(core).unfinished(), []);
  t.deepEqual((await core.catalog.list({ limit: 10, after: undefined })).items, []);
});

test('whoever completes a change that has begun looks for an earlier one as well', async (t) => {
  const driver = new MemoryDriver();
  const [core, other] = [composeCore(driver), composeCore(driver)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const rename = await changerOf(core).announce({ action: 'rename', name: APP, target: NEW });
  await driver.write(core.paths.collections.changeState(rename.id, 'under-way'), Buffer.from('under-way'));
  const deletion = await announceUnseen(core);
  await t.throwsAsync(changerOf(other).complete(rename, AT_ONCE), REFUSED);
  await t.throwsAsync(changerOf(other).complete(deletion, AT_ONCE), { message: /is being renamed/ });
  await changerOf(other).complete(rename, AT_ONCE);
  t.deepEqual((await core.catalog.list({ limit: 10, after: undefined })).items, [NEW]);
});
