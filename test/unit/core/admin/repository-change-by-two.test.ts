import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { LookupMoment } from '../../../../core/storage/collection/lookup-moment.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, reference, tagged } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, pushImage } from '../../../helpers/core/repository-parts.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const APP = name('team/app');
const NEW = name('other/place');
const ALL = { limit: 1000, after: undefined };

test('a change that is done stays announced until other processes must know, and only then takes pushes', async (t) => {
  const driver = new MemoryDriver();
  const [core, other] = [composeCore(driver), composeCore(driver)];
  const bytes = await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP });
  let waitedMs = 0;
  const wait = async (ms: number): Promise<void> => {
    const [now] = await changer.unfinished();
    if (now?.isDone !== true) return;
    waitedMs += ms;
    await t.throwsAsync(pushImage(core, APP, { tag: 'b', layer: 'b' }), { message: /being deleted/ });
    t.deepEqual(
      await other.container.get(RepositoryChanger).complete(change, AT_ONCE),
      { tags: 1, manifests: 1 },
      'nobody does it again, and all say what was done',
    );
  };
  t.deepEqual(await changer.complete(change, { ...AT_ONCE, wait }), { tags: 1, manifests: 1 });
  t.true(waitedMs > 0);
  await pushImage(core, APP, { tag: 'c', layer: 'c' });
  t.false(await core.manifests.exists(APP, reference(digestOf(bytes))));
});

test('a change whose work was done by a process that died is only ended', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP });
  const wait = async (): Promise<void> => {
    if ((await changer.unfinished())[0]?.isDone === true) throw new Error('died');
  };
  await t.throwsAsync(changer.complete(change, { ...AT_ONCE, wait }), { message: 'died' });
  t.deepEqual(await changer.complete(change, AT_ONCE), { tags: 1, manifests: 1 }, 'what that process has done');
  t.deepEqual(await changer.unfinished(), []);
});

test('a process that was paused before it removes the folders removes nothing that was pushed since', async (t) => {
  const driver = new MemoryDriver();
  const gated = new GatedDriver(driver);
  const [core, paused] = [composeCore(driver), composeCore(gated)];
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP });
  const gate = gated.holdNext(({ call, path }) => call === 'list' && path === core.paths.layers(APP, 'sha256'));
  const completing = paused.container.get(RepositoryChanger).complete(change, AT_ONCE);
  await gate.reached;
  await changer.complete(change, AT_ONCE);
  const bytes = await pushImage(core, APP, { tag: 'b', layer: 'b' });
  await core.layers.delete(APP, digestOf(Buffer.from('b')));
  await core.layers.delete(APP, digestOf(Buffer.from('{}')));
  gate.open();
  await t.throwsAsync(completing, { message: /STATE_CONFLICT.*another process has ended the change/ });
  t.is((await core.manifests.get(APP, tagged('b'))).digest, digestOf(bytes));
});

for (const [action, state] of [
  ['delete', 'under-way'],
  ['rename', 'under-way'],
  ['rename', 'copied'],
  ['delete', 'done'],
] as const) {
  test(`a process that records late that a ${action} is ${state} does not begin it again, and removes nothing that was pushed since`, async (t) => {
    const driver = new MemoryDriver();
    const gated = new GatedDriver(driver);
    const [core, paused] = [composeCore(driver), composeCore(gated)];
    await pushImage(core, APP, { tag: 'a', layer: 'a' });
    const changer = core.container.get(RepositoryChanger);
    const change = await changer.announce({ action, name: APP, ...(action === 'rename' && { target: NEW }) });
    const isState = (path: string): boolean => path.endsWith(`/${state}`);
    const gate = gated.holdNext(({ call, path }) => call === 'write' && isState(path));
    const completing = paused.container.get(RepositoryChanger).complete(change, AT_ONCE);
    await gate.reached;
    await changer.complete(change, AT_ONCE);
    const bytes = await pushImage(core, APP, { tag: 'b', layer: 'b' });
    gate.open();
    await completing.catch((error: unknown) => t.regex(String(error), /STATE_CONFLICT.*another process has ended/));
    t.is((await core.manifests.get(APP, tagged('b'))).digest, digestOf(bytes));
    t.deepEqual(await changer.unfinished(), []);
    await changer.removeRemnants();
    t.false(
      [...(await storedFiles(driver)).keys()].some((path) => path.includes(change.id)),
      'nothing is left of it',
    );
  });
}

for (const action of ['delete', 'rename'] as const) {
  test(`a ${action} that a second process begins while the first one works is completed once, and not ended half done`, async (t) => {
    const driver = new MemoryDriver();
    const gated = new GatedDriver(driver);
    const [first, second] = [composeCore(gated), composeCore(driver)];
    const bytes = await pushImage(first, APP, { tag: 'a', layer: 'a' });
    const changer = first.container.get(RepositoryChanger);
    const change = await changer.announce({ action, name: APP, ...(action === 'rename' && { target: NEW }) });
    const gate = gated.holdNext(({ call, path }) =>
      action === 'rename'
        ? call === 'write' && path.startsWith(first.paths.revisions(NEW))
        : call === 'delete' && path === first.paths.revisionFolder(APP, digestOf(bytes)),
    );
    let working: Promise<unknown> | undefined;
    const wait = async (): Promise<void> => {
      working ??= changer.complete(change, AT_ONCE).catch((error: unknown) => error);
      await gate.reached;
    };
    await second.container.get(RepositoryChanger).complete(change, { ...AT_ONCE, wait });
    gate.open();
    await working;
    t.deepEqual((await second.catalog.list(ALL)).items, action === 'rename' ? [NEW] : []);
    if (action === 'rename') t.is((await second.manifests.get(NEW, tagged('a'))).digest, digestOf(bytes));
    t.deepEqual(await changer.unfinished(), []);
  });
}

for (const what of ['a tag', 'a manifest', 'a blob'] as const) {
  test(`a delete of ${what} during which a rename is announced is not acknowledged`, async (t) => {
    const driver = new GatedDriver(new MemoryDriver());
    const core = composeCore(driver);
    const bytes = await pushImage(core, APP, { tag: 'a', layer: 'a' });
    const changer = core.container.get(RepositoryChanger);
    const gate = driver.holdNext(({ call, path }) => call === 'delete' && path.startsWith(core.paths.repository(APP)));
    const deletes = {
      'a tag': () => core.manifests.delete(APP, { kind: 'tag', tag: parseTag('a') }),
      'a manifest': () => core.manifests.delete(APP, reference(digestOf(bytes))),
      'a blob': () => core.layers.delete(APP, digestOf(Buffer.from('a'))),
    };
    const deleting = deletes[what]();
    await gate.reached;
    await changer.announce({ action: 'rename', name: APP, target: NEW });
    gate.open();
    await t.throwsAsync(deleting, { message: /UNAVAILABLE.*being renamed/ });
  });
}

test('a late push into a repository that is being renamed is to be repeated, and hears of no missing blobs', async (t) => {
  class LateMoment extends LookupMoment {
    override get isLate(): boolean {
      return true;
    }
  }
  const core = composeCore(new MemoryDriver());
  const bytes = await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const { revisions } = core;
  const put = revisions.put.bind(revisions);
  revisions.put = async (...args) => {
    await put(...args);
    await core.container.get(RepositoryChanger).announce({ action: 'rename', name: APP, target: NEW });
  };
  const storing = core.manifests.store(APP, {
    digest: digestOf(bytes),
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    bytes,
    tags: [parseTag('b')],
    verifiedAt: new LateMoment(),
    verifyAgain: async () => t.fail('its blobs may have gone to the new name'),
  });
  await t.throwsAsync(storing, { message: /UNAVAILABLE.*being renamed/ });
});
