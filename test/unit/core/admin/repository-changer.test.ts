import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag, type RepositoryName } from '../../../../core/model/reference.ts';
import { PullStore } from '../../../../core/storage/pull-store.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name, pushBlob, reference, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, changeNow, fillRepository, pushImage } from '../../../helpers/core/repository-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { DatedTags, tagsByTime } from '../../../helpers/drivers/dated-tags.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { brokenRules } from '../../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const TEAM = name('team');
const APP = name('team/app');
const NEW = name('other/place');
const TAGS = ['latest', 'sig', 'v1', 'v2'].map(parseTag);
const ENDED = { message: /STATE_CONFLICT.*another process has ended the change/ };
const ALL = { limit: 1000, after: undefined };

/** What a client can see of a repository. */
async function seen(
  { tags, manifests, registry, layers }: CoreParts,
  repository: RepositoryName,
  contents: readonly Buffer[],
) {
  const page = await tags.list(repository, ALL);
  const targets: Record<string, string> = {};
  for (const tag of page.items) targets[tag] = (await manifests.get(repository, tagged(tag))).digest;
  const digests: string[] = [];
  for (const bytes of contents)
    for (const digest of [digestOf(bytes), digestOf(bytes, 'sha512')])
      if (await manifests.exists(repository, reference(digest))) digests.push(digest);
  const blobs: string[] = [];
  for (const text of ['{}', 'one', 'two', 'signature'])
    if (await layers.exists(repository, digestOf(Buffer.from(text)))) blobs.push(text);
  const first = digestOf(contents[0] ?? Buffer.alloc(0));
  const listed = await registry.referrers.list(repository, first, { ...ALL, artifactTypes: [] });
  return { targets, digests, blobs, referrers: listed.items.map(({ digest }) => digest) };
}

eachDriver('a deleted repository is gone with all it has, and those below its name stay', async (t, driver) => {
  const core = composeCore(driver);
  const [first = Buffer.of()] = await fillRepository(core, TEAM);
  await core.container.get(PullStore).add(TEAM, 'a', new Map([[digestOf(first), 0]]), { nowMs: 0 });
  await using upload = await core.layers.upload(TEAM);
  await upload[Symbol.asyncDispose]();
  const contents = await fillRepository(core, APP);
  const before = await seen(core, APP, contents);
  t.deepEqual(await changeNow(core, { action: 'delete', name: TEAM }), { tags: 4, manifests: 5 });
  t.deepEqual((await core.catalog.list(ALL)).items, [APP]);
  await t.throwsAsync(core.tags.list(TEAM, ALL), { message: /NAME_UNKNOWN/ });
  await t.throwsAsync(core.manifests.get(TEAM, tagged('v1')), { message: /MANIFEST_UNKNOWN/ });
  t.false(await core.layers.exists(TEAM, digestOf(Buffer.from('one'))));
  t.deepEqual(await seen(core, APP, contents), before);
  const own = [...(await storedFiles(driver)).keys()].filter((path) => /repositories\/team\/_|\/change/.test(path));
  t.deepEqual(own, []);
});

eachDriver(
  'a renamed repository has everything under its new name, and nothing under the old one',
  async (t, driver) => {
    const core = composeCore(driver);
    const contents = await fillRepository(core, APP);
    const before = await seen(core, APP, contents);
    t.deepEqual(Object.keys(before.targets), TAGS);
    const pulls = core.container.get(PullStore);
    await pulls.add(APP, 'a', new Map([[digestOf(contents[0] ?? Buffer.of()), 0]]), { nowMs: 0 });
    const pulledBefore = await pulls.read(APP);
    t.is(before.referrers.length, 1);
    const index = core.paths.tagIndexLink(NEW, parseTag('latest'), digestOf(contents[0] ?? Buffer.alloc(0)));
    t.deepEqual(await changeNow(core, { action: 'rename', name: APP, target: NEW }), { tags: 4, manifests: 5 });
    t.deepEqual(await seen(core, NEW, contents), before);
    t.deepEqual(await pulls.read(NEW), pulledBefore);
    t.is((await pulls.read(APP)).hours.size, 0);
    t.deepEqual((await core.catalog.list(ALL)).items, [NEW]);
    t.is(await core.links.read(index), digestOf(contents[0] ?? Buffer.alloc(0)), 'all that the tag ever pointed at');
    t.deepEqual(brokenRules(await storedFiles(driver)), []);
  },
);

eachDriver('a repository can take the name of one below itself, and of the one above', async (t, driver) => {
  const core = composeCore(driver);
  const contents = await fillRepository(core, TEAM);
  const before = await seen(core, TEAM, contents);
  await changeNow(core, { action: 'rename', name: TEAM, target: APP });
  t.deepEqual(await seen(core, APP, contents), before);
  await changeNow(core, { action: 'rename', name: APP, target: TEAM });
  t.deepEqual(await seen(core, TEAM, contents), before);
  t.deepEqual((await core.catalog.list(ALL)).items, [TEAM]);
});

test('a name that is taken, and a repository that does not exist, are refused', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  await pushImage(core, NEW, { tag: 'b', layer: 'b' });
  const changer = core.container.get(RepositoryChanger);
  await t.throwsAsync(changer.announce({ action: 'rename', name: APP, target: NEW }), {
    message: /STATE_CONFLICT.*delete it first/,
  });
  await t.throwsAsync(changer.announce({ action: 'rename', name: APP, target: APP }), {
    message: /has this name already/,
  });
  await t.throwsAsync(changer.announce({ action: 'delete', name: TEAM }), { message: /NAME_UNKNOWN/ });
  t.deepEqual(await changer.unfinished(), []);
});

test('nothing changes a repository between the announcement and the end, in any process', async (t) => {
  const driver = new MemoryDriver();
  const [one, other] = [composeCore(driver), composeCore(driver)];
  const bytes = await pushImage(one, APP, { tag: 'a', layer: 'a' });
  await pushImage(one, TEAM, { tag: 'a', layer: 'a' });
  const changer = one.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'rename', name: APP, target: NEW });
  other.blobs.collections.expire();
  const refused = { message: /UNAVAILABLE.*being renamed to other\/place/ };
  for (const core of [one, other]) {
    await t.throwsAsync(core.manifests.put(APP, tagged('b'), { bytes, contentType: undefined }), refused);
    await t.throwsAsync(core.manifests.delete(APP, tagged('a')), refused);
    await t.throwsAsync(core.manifests.delete(APP, reference(digestOf(bytes))), refused);
    await t.throwsAsync(core.layers.delete(APP, digestOf(Buffer.from('a'))), refused);
    await t.throwsAsync(core.layers.mount(APP, digestOf(Buffer.from('a')), TEAM), refused);
    await t.throwsAsync(pushBlob(core.layers, APP, Buffer.from('new')), refused);
    await t.throwsAsync(pushBlob(core.layers, NEW, Buffer.from('new')), refused);
    t.is((await core.manifests.get(APP, tagged('a'))).digest, digestOf(bytes), 'pulls go on');
    await pushImage(core, TEAM, { tag: 'b', layer: 'b' });
  }
  await changer.complete(change, AT_ONCE);
  other.blobs.collections.expire();
  await pushImage(other, APP, { tag: 'c', layer: 'c' });
  t.deepEqual((await other.tags.list(APP, ALL)).items, ['c'].map(parseTag));
});

test('a push that has begun before the announcement and ends during the change is not acknowledged', async (t) => {
  const core = composeCore(new MemoryDriver());
  const bytes = await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const { revisions } = core;
  const put = revisions.put.bind(revisions);
  revisions.put = async (...args) => {
    await put(...args);
    await changer.announce({ action: 'delete', name: APP });
  };
  const pushing = core.manifests.put(APP, tagged('b'), { bytes, contentType: undefined });
  await t.throwsAsync(pushing, { message: /UNAVAILABLE.*being deleted/ });
});

test('two changes of one repository exclude each other, and the same one is completed', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  await pushImage(core, TEAM, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'rename', name: APP, target: NEW });
  await t.throwsAsync(changer.announce({ action: 'delete', name: APP }), { message: /STATE_CONFLICT/ });
  await t.throwsAsync(changer.announce({ action: 'rename', name: TEAM, target: NEW }), { message: /STATE_CONFLICT/ });
  t.is((await changer.announce({ action: 'rename', name: APP, target: NEW })).id, change.id);
  await changer.complete(change, AT_ONCE);
  await t.throwsAsync(changer.complete(change, AT_ONCE), ENDED);
});

test('of two changes that were announced at the same time, the earlier one is done and the other one is refused', async (t) => {
  const driver = new MemoryDriver();
  const [one, other] = [composeCore(driver), composeCore(driver)];
  const bytes = await pushImage(one, APP, { tag: 'a', layer: 'a' });
  const [first, second] = [one, other].map((core) => core.container.get(RepositoryChanger));
  const rename = await first?.announce({ action: 'rename', name: APP, target: NEW });
  const list = second?.unfinished();
  t.is((await list)?.length, 1);
  // As if both had looked before either was announced.
  await driver.write(
    other.paths.collections.change('change-99990101T000000000Z-000001-00000000'),
    Buffer.from(JSON.stringify({ action: 'delete', name: APP, isUnderWay: false, announcedAt: new Date() })),
  );
  const later = (await second?.unfinished())?.at(-1);
  if (rename === undefined || later === undefined) return t.fail();
  await t.throwsAsync(async () => second?.complete(later, AT_ONCE), { message: /STATE_CONFLICT/ });
  await first?.complete(rename, AT_ONCE);
  t.is((await one.manifests.get(NEW, tagged('a'))).digest, digestOf(bytes));
  t.deepEqual(await first?.unfinished(), []);
});

for (const action of ['delete', 'rename'] as const) {
  test(`a ${action} that dies at any call leaves no broken tag, loses nothing, and can be completed`, async (t) => {
    for (let index = 0, isDone = false; !isDone; index += 1) {
      const driver = new FaultInjector(new MemoryDriver());
      const core = composeCore(driver);
      const contents = await fillRepository(core, APP);
      const before = await seen(core, APP, contents);
      const wanted = { action, name: APP, ...(action === 'rename' && { target: NEW }) };
      driver.plan({ fault: 'dead', index });
      const died = await changeNow(core, wanted).then(
        () => false,
        () => true,
      );
      isDone = !died;
      driver.heal();
      t.deepEqual(brokenRules(await storedFiles(driver)), [], `after call ${index}`);
      const next = composeCore(driver);
      for (const repository of (await next.catalog.list(ALL)).items) await next.tags.list(repository, ALL);
      const changer = next.container.get(RepositoryChanger);
      await changer.removeRemnants();
      for (const change of await changer.unfinished()) await changer.complete(change, AT_ONCE);
      const names = (await next.catalog.list(ALL)).items;
      if (names.includes(APP)) {
        t.deepEqual(await seen(next, APP, contents), before, `not announced at call ${index}`);
        continue;
      }
      t.deepEqual(names, action === 'rename' ? [NEW] : []);
      if (action === 'rename') t.deepEqual(await seen(next, NEW, contents), before, `after call ${index}`);
      const left = [...(await storedFiles(driver)).keys()].filter((path) => /team\/app|\/change/.test(path));
      t.deepEqual(left, []);
    }
  });
}

eachDriver('a rename sets tags in the order in which they were set, at different times', async (t, driver) => {
  const dated = new DatedTags(driver);
  const core = composeCore(dated);
  const order = ['m', 'z', 'a', 'q', 'b'];
  const bytes = await pushImage(core, APP, { tag: 'm', layer: 'one' });
  for (const tag of order) await core.manifests.put(APP, tagged(tag), { bytes, contentType: undefined });
  dated.order = order;
  await changeNow(core, { action: 'rename', name: APP, target: NEW });
  dated.order = [];
  t.deepEqual(await tagsByTime(core, NEW), order.map(parseTag));
});

test('a rename that dies while it erases the old name sets no tag again', async (t) => {
  const driver = new FaultInjector(new MemoryDriver());
  const core = composeCore(driver);
  await fillRepository(core, APP);
  driver.plan({ fault: 'dead', index: 1, call: 'delete' });
  await t.throwsAsync(changeNow(core, { action: 'rename', name: APP, target: NEW }));
  driver.heal();
  const counted = new CountingDriver(driver);
  const changer = composeCore(counted).container.get(RepositoryChanger);
  for (const change of await changer.unfinished()) await changer.complete(change, AT_ONCE);
  const written = counted.sites.filter(({ call, path }) => call === 'write' && path.includes(NEW));
  t.deepEqual(written, []);
  t.deepEqual((await core.tags.list(NEW, ALL)).items, TAGS);
  t.deepEqual((await core.catalog.list(ALL)).items, [NEW]);
});

test('a change stops at the signal, and stays announced', async (t) => {
  const core = composeCore(new MemoryDriver());
  await fillRepository(core, APP);
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP, user: 'ann' });
  const stopping = new AbortController();
  const onStep = (done: number): void => void (done > 0 && stopping.abort(new Error('stopped')));
  await t.throwsAsync(changer.complete(change, { ...AT_ONCE, signal: stopping.signal, onStep }), {
    message: 'stopped',
  });
  t.like(await changer.unfinished(), [{ action: 'delete', name: APP, user: 'ann', isUnderWay: true }]);
});

test('a change that another process has ended meanwhile stops, and is not said to be completed', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP });
  await core.driver.delete(core.paths.collections.of(change.id));
  await t.throwsAsync(changer.complete(change, AT_ONCE), ENDED);
  t.is((await core.tags.list(APP, ALL)).items.length, 1);
});

test('a change that another process ends during the wait deletes nothing that was pushed since', async (t) => {
  const core = composeCore(new MemoryDriver());
  await pushImage(core, APP, { tag: 'a', layer: 'a' });
  const changer = core.container.get(RepositoryChanger);
  const change = await changer.announce({ action: 'delete', name: APP });
  const wait = async (): Promise<void> => {
    await core.driver.delete(core.paths.collections.of(change.id)).catch(() => undefined);
  };
  await t.throwsAsync(changer.complete(change, { ...AT_ONCE, wait }), ENDED);
  t.is((await core.tags.list(APP, ALL)).items.length, 1);
});
