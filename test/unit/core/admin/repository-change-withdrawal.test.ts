import test, { type ExecutionContext } from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import type { FileInfo, StatOptions, StoragePath } from '../../../../core/driver/index.ts';
import { RepositoryChanges } from '../../../../core/jobs/repository-changes.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { ChangeStore } from '../../../../core/storage/changes/change-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore, composeCoreWithTrash } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, changeNow, fillRepository, pushImage } from '../../../helpers/core/repository-parts.ts';
import type { CallSite } from '../../../helpers/drivers/driver-wrapper.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { RefusingDriver } from '../../../helpers/drivers/refusing-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const APP = name('team/app');
const NEW = name('other/place');
const ALL = { limit: 1000, after: undefined };
const KEEP_MS = 72 * 60 * 60 * 1000;
const DELETE = { action: 'delete', name: APP } as const;
const RENAME = { action: 'rename', name: APP, target: NEW } as const;
const PLAIN = { isForced: false, signal: new AbortController().signal };
const WITHDRAWN = { message: /STATE_CONFLICT.*was withdrawn/ };

async function contentOf(driver: MemoryDriver): Promise<ReadonlySet<string>> {
  const paths = [...(await storedFiles(driver)).keys()];
  return new Set(paths.filter((path) => path.includes('/repositories/') && !path.includes('/_trash/')));
}

async function assertTakesPushes(t: ExecutionContext, core: CoreParts): Promise<void> {
  await pushImage(core, APP, { tag: 'new', layer: 'new' });
  t.true((await core.tags.list(APP, ALL)).items.includes(parseTag('new')));
  t.deepEqual(await core.container.get(RepositoryChanger).unfinished(), []);
}

function changerOf({ container }: CoreParts): RepositoryChanger {
  return container.get(RepositoryChanger);
}

for (const code of ['denied', 'invalid-path'] as const) {
  test(`a tag whose link cannot be read (${code}) is deleted with the rest, and reported`, async (t) => {
    const storage = new RefusingDriver(new MemoryDriver());
    const core = composeCoreWithTrash(storage, { keepMs: KEEP_MS });
    await fillRepository(core, APP);
    const link = core.paths.tagCurrentLink(APP, parseTag('v1'));
    storage.refuse(code, ({ call, path }) => call === 'read' && path === link);
    t.deepEqual(await changeNow(core, DELETE), { tags: 4, manifests: 5, unreadable: 1 });
    t.deepEqual((await core.catalog.list(ALL)).items, []);
    await core.repositoryReturn.bringBack(APP, PLAIN);
    t.deepEqual((await core.tags.list(APP, ALL)).items, ['latest', 'sig', 'v2'].map(parseTag));
    await assertTakesPushes(t, core);
  });
}

const FULL = [
  ['takes no deletion', ({ call, path }: CallSite) => call === 'write' && path.includes('/_trash/')],
  ['takes nothing', ({ call }: CallSite) => call === 'write'],
] as const;
for (const [what, isRefused] of FULL) {
  test(`a delete that a full disk which ${what} does not let begin is withdrawn, and has changed nothing`, async (t) => {
    const driver = new MemoryDriver();
    const storage = new RefusingDriver(driver);
    const core = composeCoreWithTrash(storage, { keepMs: KEEP_MS });
    await fillRepository(core, APP);
    const before = await contentOf(driver);
    const change = await changerOf(core).announce(DELETE);
    storage.refuse('no-space', isRefused);
    const failed = await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), WITHDRAWN);
    t.regex(failed.message, /the storage refused the first step.*no-space/);
    t.deepEqual(await contentOf(driver), before);
    storage.heal();
    await assertTakesPushes(t, core);
    await changeNow(core, DELETE);
    t.deepEqual((await core.catalog.list(ALL)).items, []);
  });
}

test('a delete that fails once it has removed something, or by a failure that may pass, stays announced', async (t) => {
  const storage = new RefusingDriver(new MemoryDriver());
  const core = composeCoreWithTrash(storage, { keepMs: KEEP_MS });
  await fillRepository(core, APP);
  const change = await changerOf(core).announce(DELETE);
  storage.refuse('unavailable', ({ call, path }) => call === 'write' && path.includes('/_trash/'));
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), { message: /unavailable/ });
  t.like((await changerOf(core).unfinished())[0], { isUnderWay: true });
  storage.refuse('denied', ({ call, path }) => call === 'delete' && path.includes('/revisions/'));
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), { message: /denied/ });
  t.is((await changerOf(core).unfinished()).length, 1);
  storage.heal();
  await changerOf(core).complete(change, AT_ONCE);
  await assertTakesPushes(t, core);
});

test('a delete that cannot go on is withdrawn: the repository takes changes, and what is gone comes back', async (t) => {
  const storage = new RefusingDriver(new MemoryDriver());
  const core = composeCoreWithTrash(storage, { keepMs: KEEP_MS });
  const contents = await fillRepository(core, APP);
  const change = await changerOf(core).announce(DELETE);
  storage.refuse('unavailable', ({ call, path }) => call === 'delete' && path.includes('/revisions/'));
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), { message: /unavailable/ });
  await t.throwsAsync(pushImage(core, APP, { tag: 'new', layer: 'new' }), { message: /UNAVAILABLE.*being deleted/ });
  t.like(await changerOf(core).withdraw(APP), { id: change.id, isWithdrawn: true });
  await t.throwsAsync(changerOf(core).announce(DELETE), { message: /withdrawn and has not ended; try again/ });
  await t.throwsAsync(pushImage(core, APP, { tag: 'new', layer: 'new' }), { message: /UNAVAILABLE.*being deleted/ });
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), WITHDRAWN);
  await assertTakesPushes(t, core);
  await core.repositoryReturn.bringBack(APP, PLAIN);
  t.deepEqual((await core.manifests.get(APP, tagged('v1'))).bytes, contents[0]);
});

for (const wanted of [DELETE, RENAME]) {
  test(`a ${wanted.action} that waits is withdrawn by another process, and has changed nothing`, async (t) => {
    const driver = new MemoryDriver();
    const [core, other] = [composeCore(driver), composeCore(driver)];
    await fillRepository(core, APP);
    const before = await contentOf(driver);
    const change = await changerOf(core).announce(wanted);
    let isAsked = false;
    const wait = async (): Promise<void> => {
      if (isAsked) return;
      isAsked = true;
      await changerOf(other).withdraw(wanted.action === 'rename' ? NEW : APP);
    };
    await t.throwsAsync(changerOf(core).complete(change, { ...AT_ONCE, wait }), WITHDRAWN);
    t.deepEqual(await contentOf(driver), before);
    await assertTakesPushes(t, core);
  });
}

const UNKNOWN_END = { message: /was withdrawn, and ends when the process that works on it has stopped/ };
const [REFUSED, MINUTE_MS] = [{ message: /UNAVAILABLE.*being deleted/ }, 60_000];

/** A storage whose clock tells processes that minutes have passed. */
class LaterStorage extends RefusingDriver {
  minutes = 0;

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await super.stat(path, options);
    const laterMs = path.includes('/time-') ? this.minutes * MINUTE_MS : 0;
    return info && { ...info, modifiedAt: new Date(info.modifiedAt.getTime() + laterMs) };
  }
}

test('what is pushed after a withdrawn delete stays: the delete ends when the process at work has no call under way', async (t) => {
  const driver = new MemoryDriver();
  const gated = new GatedDriver(driver);
  const [worker, other] = [composeCore(gated), composeCore(driver)];
  await fillRepository(other, APP);
  const change = await changerOf(other).announce(DELETE);
  const tag = other.paths.tag(APP, parseTag('v1'));
  const gate = gated.holdNext(({ call, path }) => call === 'delete' && path.startsWith(tag));
  const working = changerOf(worker).complete(change, AT_ONCE);
  await gate.reached;
  t.like(await changerOf(other).withdraw(APP), { isUnderWay: true, isWithdrawn: true });
  await t.throwsAsync(changerOf(other).complete(change, AT_ONCE), UNKNOWN_END);
  await t.throwsAsync(pushImage(other, APP, { tag: 'v1', layer: 'new' }), REFUSED);
  gate.open();
  // All of its calls were under way when it was withdrawn, or it has noticed: either way it ends the change.
  await working.catch((error: unknown) => t.regex(String(error), WITHDRAWN.message));
  other.blobs.collections.expire();
  const bytes = await pushImage(other, APP, { tag: 'v1', layer: 'new' });
  t.deepEqual((await other.manifests.get(APP, tagged('v1'))).bytes, bytes);
  t.deepEqual(await changerOf(other).unfinished(), []);
});

test('a withdrawn delete whose process is gone ends a quarter of an hour later by the clock of the storage, and not before', async (t) => {
  const storage = new LaterStorage(new MemoryDriver());
  const [gone, core] = [composeCore(storage), composeCore(storage)];
  await fillRepository(core, APP);
  const change = await changerOf(core).announce(DELETE);
  storage.refuse('unavailable', ({ call, path }) => call === 'delete' && path.includes('/revisions/'));
  await t.throwsAsync(changerOf(gone).complete(change, AT_ONCE), { message: /unavailable/ });
  storage.heal();
  await changerOf(core).withdraw(APP);
  storage.minutes = 14;
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), UNKNOWN_END);
  t.like(await changerOf(core).unfinished(), [{ id: change.id, isWithdrawn: true }]);
  await t.throwsAsync(pushImage(core, APP, { tag: 'new', layer: 'new' }), REFUSED);
  storage.minutes = 16;
  await t.throwsAsync(changerOf(core).complete(change, AT_ONCE), WITHDRAWN);
  await assertTakesPushes(t, core);
});

test('of two processes at work on a delete, the one that finds it withdrawn does not end it while the other has a call under way', async (t) => {
  const driver = new MemoryDriver();
  const [slowDriver, quickDriver] = [new GatedDriver(driver), new GatedDriver(driver)];
  const [slow, quick, core] = [composeCore(slowDriver), composeCore(quickDriver), composeCore(driver)];
  await fillRepository(core, APP);
  const change = await changerOf(core).announce(DELETE);
  const slowGate = slowDriver.holdNext(({ call, path }) => call === 'delete' && path.includes('/_manifests/tags/'));
  const working = changerOf(slow).complete(change, AT_ONCE);
  await slowGate.reached;
  const quickGate = quickDriver.holdNext(({ call, path }) => call === 'write' && path.includes('/worker-'));
  const joining = changerOf(quick).complete(change, AT_ONCE);
  await quickGate.reached;
  await changerOf(core).withdraw(APP);
  quickGate.open();
  await t.throwsAsync(joining, UNKNOWN_END);
  await t.throwsAsync(pushImage(core, APP, { tag: 'new', layer: 'new' }), REFUSED);
  slowGate.open();
  await working.catch((error: unknown) => t.regex(String(error), WITHDRAWN.message));
});

test('a process that a full disk does not let join a delete leaves it to the one that is at work', async (t) => {
  const driver = new MemoryDriver();
  const [slowDriver, full] = [new GatedDriver(driver), new RefusingDriver(driver)];
  const [slow, joining, core] = [composeCore(slowDriver), composeCore(full), composeCore(driver)];
  await fillRepository(core, APP);
  const change = await changerOf(core).announce(DELETE);
  const gate = slowDriver.holdNext(({ call, path }) => call === 'delete' && path.includes('/_manifests/tags/'));
  const working = changerOf(slow).complete(change, AT_ONCE);
  await gate.reached;
  full.refuse('no-space', ({ call, path }) => call === 'write' && path.includes('/worker-'));
  await t.throwsAsync(changerOf(joining).complete(change, AT_ONCE), { message: /no-space/ });
  gate.open();
  await t.notThrowsAsync(working);
  t.deepEqual((await core.catalog.list(ALL)).items, []);
});

for (const [when, hasEnded] of [
  ['is done', false],
  ['has ended', true],
] as const) {
  test(`a delete that ${when} while it is withdrawn is not reported as withdrawn, and nothing is left of the attempt`, async (t) => {
    const driver = new MemoryDriver();
    const gated = new GatedDriver(driver);
    const [core, late] = [composeCore(driver), composeCore(gated)];
    await fillRepository(core, APP);
    const change = await changerOf(core).announce(DELETE);
    const gate = gated.holdNext(({ call, path }) => call === 'write' && path.endsWith('/withdrawn'));
    const withdrawing = changerOf(late).withdraw(APP);
    await gate.reached;
    if (hasEnded) await changerOf(core).complete(change, AT_ONCE);
    else await core.container.get(ChangeStore).advance(change.id, 'done');
    gate.open();
    await t.throwsAsync(withdrawing, { message: /STATE_CONFLICT.*its work is done/ });
    const left = [...(await storedFiles(driver)).keys()].filter((path) => path.includes(change.id));
    t.false(
      left.some((path) => hasEnded || path.endsWith('/withdrawn')),
      left.join(' '),
    );
  });
}

test('a process that records late that a withdrawn delete begins does nothing of it', async (t) => {
  const driver = new MemoryDriver();
  const gated = new GatedDriver(driver);
  const [core, late] = [composeCore(driver), composeCore(gated)];
  await fillRepository(core, APP);
  const before = await contentOf(driver);
  const change = await changerOf(core).announce(DELETE);
  const gate = gated.holdNext(({ call, path }) => call === 'write' && path.endsWith('/under-way'));
  const completing = changerOf(late).complete(change, AT_ONCE);
  await gate.reached;
  await changerOf(core).withdraw(APP);
  gate.open();
  await t.throwsAsync(completing, WITHDRAWN);
  t.deepEqual(await contentOf(driver), before);
  await assertTakesPushes(t, core);
});

test('a rename that has begun, a change whose work is done and one that nobody announced cannot be withdrawn', async (t) => {
  const core = composeCore(new MemoryDriver());
  await t.throwsAsync(changerOf(core).withdraw(APP), { message: /STATE_CONFLICT.*no delete or rename of team\/app/ });
  await fillRepository(core, APP);
  const store = core.container.get(ChangeStore);
  const change = await changerOf(core).announce(RENAME);
  await store.advance(change.id, 'under-way');
  await t.throwsAsync(changerOf(core).withdraw(APP), { message: /STATE_CONFLICT.*can only be completed/ });
  t.deepEqual(await changerOf(core).complete(change, AT_ONCE), { tags: 4, manifests: 5 });
  const deletion = await changerOf(core).announce({ action: 'delete', name: NEW });
  await store.advance(deletion.id, 'done');
  await t.throwsAsync(changerOf(core).withdraw(NEW), { message: /STATE_CONFLICT.*its work is done/ });
});

test('a change that cannot go on does not hold up the others, and the run fails', async (t) => {
  const storage = new RefusingDriver(new MemoryDriver());
  const core = composeCore(storage);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map(name);
  for (const each of [APP, ...names]) await pushImage(core, each, { tag: 'v1', layer: 'one' });
  const changer = changerOf(core);
  for (const each of [APP, ...names]) await changer.announce({ action: 'delete', name: each });
  storage.refuse('unavailable', ({ call, path }) => call === 'delete' && path.includes('/team/app/'));
  const changes = new RepositoryChanges({
    unfinished: () => changer.unfinished(),
    removeRemnants: () => changer.removeRemnants(),
    complete: (change) => changer.complete(change, AT_ONCE),
  });
  const said: unknown[] = [];
  const say = (facts: unknown): void => void said.push(facts);
  const log = { debug: say, info: say, warn: say, error: say };
  const run = { signal: AT_ONCE.signal, dryRun: false, log, progress: () => undefined, checkpoint: undefined };
  await t.throwsAsync(changes.run(run as unknown as Parameters<typeof changes.run>[0]), { message: /unavailable/ });
  t.deepEqual(
    (await changer.unfinished()).map((change) => change.name),
    [APP],
  );
  t.true(said.some((facts) => (facts as { readonly name?: unknown; readonly err?: unknown }).name === APP));
});
