import test from 'ava';
import { RecordedChanges } from '../../../../core/admin/recorded-changes.ts';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { ForwardingDriver, type StorageDriver, type StoragePath } from '../../../../core/driver/index.ts';
import { type EndedChange, EndedChangeStore } from '../../../../core/storage/changes/ended-change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { RefusingDriver } from '../../../helpers/drivers/refusing-driver.ts';

const APP = name('team/app');
const ENDED = { message: /STATE_CONFLICT.*another process has ended the change/ };

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
  await t.throwsAsync(partsOf(other).recorded.complete(change, AT_ONCE), ENDED);
  t.deepEqual(await partsOf(other).recorded.settle(change, AT_ONCE), { tags: 1, manifests: 1 });
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

test('a change of which nothing is known is not recorded as completed', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP });
  await core.driver.delete(core.paths.collections.of(change.id));
  await t.throwsAsync(recorded.settle(change, AT_ONCE), ENDED);
  t.is(await recorded.find(change.id), undefined);
});

test('a process that waits for a change learns that another one has ended it as withdrawn', async (t) => {
  const driver = new MemoryDriver();
  const [core, other] = [composeCore(driver), composeCore(driver)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP });
  await changer.withdraw(APP);
  await t.throwsAsync(recorded.complete(change, AT_ONCE), { message: /it was withdrawn/ });
  await t.throwsAsync(partsOf(other).recorded.settle(change, AT_ONCE), {
    message: /STATE_CONFLICT.*the delete was not completed: it was withdrawn/,
  });
});

for (const [action, state] of [
  ['delete', 'done'],
  ['rename', 'copied'],
  ['rename', 'done'],
] as const) {
  test(`how much a ${action} has done is known, also when its process has died once it was ${state}`, async (t) => {
    const storage = new FaultInjector(new MemoryDriver());
    const core = composeCore(storage);
    await pushImage(core, APP, { tag: 'a', layer: 'a' });
    const { changer, recorded } = partsOf(core);
    const target = action === 'rename' ? name('other') : undefined;
    const change = await changer.announce({ action, name: APP, target });
    const statePath = core.paths.collections.changeState(change.id, state);
    const dying = new DyingDriver(storage, statePath);
    await t.throwsAsync(partsOf(composeCore(dying)).recorded.complete(change, AT_ONCE), { message: /died/ });
    const next = partsOf(composeCore(storage));
    t.deepEqual(await next.recorded.complete(change, AT_ONCE), { tags: 1, manifests: 1 });
    t.like(await recorded.find(change.id), { ending: { state: 'completed', tags: 1, manifests: 1 } });
  });
}

test('how a change ends is known before it has ended, so no process finds neither', async (t) => {
  const driver = new MemoryDriver();
  const storage = new FaultInjector(driver);
  const core = composeCore(storage);
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP });
  const wait = async (): Promise<void> => {
    // The last thing that is deleted is the announcement.
    if ((await changer.unfinished())[0]?.isDone === true) storage.failNext('delete');
  };
  await t.throwsAsync(recorded.complete(change, { ...AT_ONCE, wait }), { message: /unavailable/ });
  t.like(await partsOf(composeCore(driver)).ended.read(change.id), { ending: { state: 'completed', tags: 1 } });
  t.false('ending' in ((await recorded.find(change.id)) ?? {}), 'it has not ended');
  await recorded.complete(change, AT_ONCE);
  t.like(await recorded.find(change.id), { ending: { state: 'completed', tags: 1, manifests: 1 } });
});

/** A storage whose process dies when it has written one file. */
class DyingDriver extends ForwardingDriver {
  readonly #last: StoragePath;
  #isDead = false;

  constructor(driver: StorageDriver, last: StoragePath) {
    super(driver);
    this.#last = last;
  }

  override async write(...[path, ...rest]: Parameters<StorageDriver['write']>): Promise<void> {
    if (this.#isDead) throw new Error('died');
    await super.write(path, ...rest);
    this.#isDead = path === this.#last;
    if (this.#isDead) throw new Error('died');
  }

  override async delete(path: StoragePath): Promise<void> {
    if (this.#isDead) throw new Error('died');
    await super.delete(path);
  }
}

function failedAt(id: string, endedAt: string): EndedChange {
  const [announcedAt, ending] = [new Date(0), { state: 'failed', reason: 'no' } as const];
  return { id, action: 'delete', name: APP, announcedAt, endedAt: new Date(endedAt), ending };
}

test('a change that ended a week ago is forgotten with the next one', async (t) => {
  const core = composeCore(new MemoryDriver());
  const { ended } = partsOf(core);
  const put = (id: string, endedAt: string): Promise<unknown> => ended.put(failedAt(id, endedAt));
  const old = 'change-20260101T000000000Z-000001-00000000';
  await put(old, '2026-01-01T00:00:00Z');
  t.like(await ended.read(old), { id: old, endedAt: new Date('2026-01-01T00:00:00Z') });
  const next = 'change-20260109T000000000Z-000001-00000000';
  await put(next, '2026-01-09T00:00:00Z');
  t.is(await ended.read(old), undefined);
  t.truthy(await ended.read(next));
});

test('a change that was announced long before it has ended stays known for a week from its end', async (t) => {
  const storage = new RefusingDriver(new MemoryDriver());
  const { ended } = partsOf(composeCore(storage));
  const [long, next, last] = ['20260101', '20260201', '20260301'].map((day) => `change-${day}T000000000Z-000001-0`);
  if (long === undefined || next === undefined || last === undefined) return t.fail();
  await ended.put(failedAt(long, '2026-01-31T00:00:00Z'));
  t.truthy(await ended.read(long), 'not removed as it is written');
  await ended.put(failedAt(next, '2026-02-01T00:00:00Z'));
  t.truthy(await ended.read(long), 'it ended a day ago');
  storage.refuse('denied', ({ call, path }) => call === 'delete' && path.includes(long));
  await ended.put(failedAt(last, '2026-03-01T00:00:00Z'));
  t.deepEqual(
    [await ended.read(next), (await ended.read(long))?.id],
    [undefined, long],
    'one that stays keeps no other',
  );
});

test('a process that reads too late what was done neither changes the record nor says that it was nothing', async (t) => {
  const driver = new MemoryDriver();
  const gated = new GatedDriver(driver);
  const [core, late] = [composeCore(driver), composeCore(gated)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(core);
  const change = await changer.announce({ action: 'delete', name: APP });
  const gate = gated.holdNext(({ call, path }) => call === 'read' && path.endsWith('/done'));
  let ending: Promise<unknown> | undefined;
  const wait = async (): Promise<void> => {
    if ((await changer.unfinished())[0]?.isDone !== true) return;
    ending ??= partsOf(late).recorded.complete(change, AT_ONCE);
    await gate.reached;
  };
  await recorded.complete(change, { ...AT_ONCE, wait });
  gate.open();
  t.deepEqual(await ending, { tags: 1, manifests: 1 });
  t.like(await recorded.find(change.id), { ending: { state: 'completed', tags: 1, manifests: 1 } });
});

test('a process that has found nothing left to do does not say that nothing was done', async (t) => {
  const driver = new MemoryDriver();
  const [slowDriver, lateDriver] = [new GatedDriver(driver), new GatedDriver(driver)];
  const [slow, late] = [composeCore(slowDriver), composeCore(lateDriver)];
  await pushImage(slow, APP, { tag: 'a', layer: 'a' });
  const { changer, recorded } = partsOf(slow);
  const change = await changer.announce({ action: 'delete', name: APP });
  const erases = slowDriver.holdNext(({ call, path }) => call === 'list' && path === slow.paths.layers(APP, 'sha256'));
  const records = lateDriver.holdNext(({ call, path }) => call === 'write' && path.endsWith('/done'));
  const wait = async (): Promise<void> => {
    if ((await changer.unfinished())[0]?.isDone !== true) return;
    records.open();
    await ending.promise;
  };
  const ending = Promise.withResolvers<unknown>();
  const completing = recorded.complete(change, { ...AT_ONCE, wait });
  await erases.reached;
  ending.resolve(partsOf(late).recorded.complete(change, AT_ONCE));
  await records.reached;
  erases.open();
  t.deepEqual(await completing, { tags: 1, manifests: 1 });
  t.deepEqual(await ending.promise, { tags: 1, manifests: 1 });
  t.like(await recorded.find(change.id), { ending: { state: 'completed', tags: 1, manifests: 1 } });
});
