import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError, ForwardingDriver, type StoragePath } from '../../../../core/driver/index.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { at } from '../../../../testing/driver-case.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const REPOSITORY = name('foo/bar');
const OLD = digestOf(Buffer.from('old'));
const NEW = digestOf(Buffer.from('new'));
const ORDERED = ['1', '10', '2', 'A', 'Z', '_', 'a', 'a-b', 'a.b', 'a_b', 'aa', 'z'].map(parseTag);

eachDriver('a tag points at what it was set to last', async (t, driver) => {
  const { tagStore } = composeCore(driver);
  const tag = parseTag('V1.0');
  t.is(await tagStore.get(REPOSITORY, tag), undefined);
  await tagStore.set(REPOSITORY, tag, OLD);
  t.is(await tagStore.get(REPOSITORY, tag), OLD);
  await tagStore.set(REPOSITORY, tag, NEW);
  t.is(await tagStore.get(REPOSITORY, tag), NEW);
  t.is(await tagStore.get(REPOSITORY, parseTag('v1.0')), undefined);
  t.is(await tagStore.get(name('foo'), tag), undefined);
});

eachDriver(
  'the history keeps everything that a tag ever pointed at; it is written after the link of a new tag only',
  async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { tagStore, links, paths } = composeCore(counting);
    const tag = parseTag('latest');
    for (const digest of [OLD, NEW]) await tagStore.set(REPOSITORY, tag, digest);
    t.deepEqual(writesOf(counting), [
      paths.tagCurrentLink(REPOSITORY, tag),
      paths.tagIndexLink(REPOSITORY, tag, OLD),
      paths.tagIndexLink(REPOSITORY, tag, NEW),
      paths.tagCurrentLink(REPOSITORY, tag),
    ]);
    t.is(await links.read(paths.tagIndexLink(REPOSITORY, tag, OLD)), OLD);
  },
);

eachDriver('a remote storage gets the link of every tag before its history, in two calls', async (t, driver) => {
  const counting = new CountingDriver(new ForwardingDriver(driver, { locality: 'remote' }));
  const { tagStore, paths } = composeCore(counting);
  const tag = parseTag('latest');
  for (const digest of [OLD, NEW]) await tagStore.set(REPOSITORY, tag, digest);
  t.is(counting.count(), 4);
  t.deepEqual(
    writesOf(counting),
    [OLD, NEW].flatMap((digest) => [
      paths.tagCurrentLink(REPOSITORY, tag),
      paths.tagIndexLink(REPOSITORY, tag, digest),
    ]),
  );
});

eachDriver('a remote storage loses the history of a removed tag before its link', async (t, driver) => {
  const counting = new CountingDriver(new ForwardingDriver(driver, { locality: 'remote' }));
  const { tagStore, paths } = composeCore(counting);
  const tag = parseTag('latest');
  await tagStore.set(REPOSITORY, tag, OLD);
  counting.reset();
  t.true(await tagStore.remove(REPOSITORY, tag));
  t.false(await tagStore.remove(REPOSITORY, tag));
  const [history, whole] = [paths.tagIndex(REPOSITORY, tag), paths.tag(REPOSITORY, tag)];
  t.deepEqual(
    counting.sites.map(({ path }) => path),
    [history, whole, history, whole],
  );
  t.deepEqual(await tagStore.list(REPOSITORY, { limit: 10 }), []);
});

eachDriver('removing deletes the tag with its history and leaves the others', async (t, driver) => {
  const { tagStore, paths } = composeCore(driver);
  for (const tag of ['a', 'a-b', 'aa']) await tagStore.set(REPOSITORY, parseTag(tag), OLD);
  t.true(await tagStore.remove(REPOSITORY, parseTag('a')));
  t.false(await tagStore.remove(REPOSITORY, parseTag('a')));
  t.is(await driver.stat(paths.tag(REPOSITORY, parseTag('a'))), undefined);
  t.deepEqual(await tagStore.list(REPOSITORY, { limit: 10 }), ['a-b', 'aa'].map(parseTag));
});

eachDriver('tags are listed in byte order, whole and in pages of every size', async (t, driver) => {
  const { tagStore } = composeCore(driver);
  for (const tag of ORDERED.toReversed()) await tagStore.set(REPOSITORY, tag, OLD);
  t.deepEqual(await tagStore.list(REPOSITORY, { limit: Infinity }), ORDERED);
  for (let limit = 1; limit <= ORDERED.length + 1; limit += 1) {
    for (let start = 0; start <= ORDERED.length; start += 1) {
      const after = ORDERED[start - 1];
      t.deepEqual(await tagStore.list(REPOSITORY, { after, limit }), ORDERED.slice(start, start + limit));
    }
  }
});

eachDriver('a list continues after names that do not exist or are not tags', async (t, driver) => {
  const { tagStore } = composeCore(driver);
  for (const tag of ORDERED) await tagStore.set(REPOSITORY, tag, OLD);
  const after = async (text: string) => (await tagStore.list(REPOSITORY, { after: text, limit: 2 })).join(' ');
  t.is(await after(''), '1 10');
  t.is(await after('!'), '1 10');
  t.is(await after('a/b'), 'a_b aa');
  t.is(await after('B'), 'Z _');
  t.is(await after('a-'), 'a-b a.b');
  t.is(await after('../..'), '1 10');
  t.is(await after('~'), '');
  t.is(await after('ä'), '');
  t.is(await after('zz'), '');
});

eachDriver('a repository without tags has an empty list', async (t, driver) => {
  t.deepEqual(await composeCore(driver).tagStore.list(REPOSITORY, { limit: 10 }), []);
});

eachDriver(
  'a folder with a history alone is listed until it is cleaned up, and names nothing; foreign files are not',
  async (t, driver) => {
    const { tagStore, paths } = composeCore(driver);
    for (const tag of ['b', 'd']) await tagStore.set(REPOSITORY, parseTag(tag), OLD);
    await driver.write(paths.tagIndexLink(REPOSITORY, parseTag('c'), OLD), Buffer.from(OLD));
    await driver.write(at(`${paths.tags(REPOSITORY)}/.hidden/current/link`), Buffer.from(OLD));
    await driver.write(at(`${paths.tags(REPOSITORY)}/file`), Buffer.from(OLD));
    t.deepEqual(await tagStore.list(REPOSITORY, { limit: 1 }), [parseTag('b')]);
    t.deepEqual(await tagStore.list(REPOSITORY, { limit: 10 }), ['b', 'c', 'd'].map(parseTag));
    t.is(await tagStore.get(REPOSITORY, parseTag('c')), undefined);
  },
);

for (const limit of [1, 5, 60, Number.POSITIVE_INFINITY]) {
  eachDriver(`${limit} of many tags cost one call`, async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { tagStore } = composeCore(counting);
    for (let index = 0; index < 60; index += 1) await tagStore.set(REPOSITORY, parseTag(`t${index}`), OLD);
    counting.reset();
    t.is((await tagStore.list(REPOSITORY, { limit })).length, Math.min(limit, 60));
    t.is(counting.count(), 1);
  });
}

eachDriver('the tags that point at a manifest are found, torn ones left out', async (t, driver) => {
  const { tagStore, paths } = composeCore(driver);
  for (const tag of ['a', 'c', 'd']) await tagStore.set(REPOSITORY, parseTag(tag), OLD);
  await tagStore.set(REPOSITORY, parseTag('b'), NEW);
  await tagStore.set(REPOSITORY, parseTag('d'), NEW);
  await driver.write(paths.tagCurrentLink(REPOSITORY, parseTag('e')), Buffer.from(OLD.slice(0, 20)));
  t.deepEqual(await tagStore.pointingAt(REPOSITORY, OLD), ['a', 'c'].map(parseTag));
  t.deepEqual(await tagStore.pointingAt(REPOSITORY, NEW), ['b', 'd'].map(parseTag));
  t.deepEqual(await tagStore.pointingAt(name('foo'), OLD), []);
});

eachDriver('a failure in the middle of a list is an error, not a shorter list', async (t, driver) => {
  const failing = new FaultInjector(driver);
  const { tagStore } = composeCore(failing);
  for (const tag of ORDERED) await tagStore.set(REPOSITORY, tag, OLD);
  failing.failAt(0);
  await t.throwsAsync(tagStore.list(REPOSITORY, { limit: 100 }), { instanceOf: DriverError });
  for (let call = 0; call <= ORDERED.length; call += 1) {
    failing.failAt(call);
    await t.throwsAsync(tagStore.pointingAt(REPOSITORY, OLD), { instanceOf: DriverError }, `call ${call}`);
    failing.heal();
  }
});

function writesOf(counting: CountingDriver): StoragePath[] {
  return counting.sites.filter(({ call }) => call === 'write').map(({ path }) => path);
}
