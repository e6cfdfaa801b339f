import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError } from '../../../../core/driver/index.ts';
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

eachDriver('the history keeps everything that a tag ever pointed at, and is written first', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { tagStore, links, paths } = composeCore(counting);
  const tag = parseTag('latest');
  for (const digest of [OLD, NEW]) await tagStore.set(REPOSITORY, tag, digest);
  t.deepEqual(
    counting.sites.map(({ path }) => path),
    [
      paths.tagIndexLink(REPOSITORY, tag, OLD),
      paths.tagCurrentLink(REPOSITORY, tag),
      paths.tagIndexLink(REPOSITORY, tag, NEW),
      paths.tagCurrentLink(REPOSITORY, tag),
    ],
  );
  t.is(await links.read(paths.tagIndexLink(REPOSITORY, tag, OLD)), OLD);
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
  'folders that a crash has left and foreign files do not count as tags, and fill no page',
  async (t, driver) => {
    const { tagStore, paths } = composeCore(driver);
    for (const tag of ['b', 'd']) await tagStore.set(REPOSITORY, parseTag(tag), OLD);
    for (const ghost of ['a', 'c', 'e']) {
      await driver.write(paths.tagIndexLink(REPOSITORY, parseTag(ghost), OLD), Buffer.from(OLD));
    }
    await driver.write(at(`${paths.tags(REPOSITORY)}/.hidden/current/link`), Buffer.from(OLD));
    await driver.write(at(`${paths.tags(REPOSITORY)}/file`), Buffer.from(OLD));
    t.deepEqual(await tagStore.list(REPOSITORY, { limit: 1 }), [parseTag('b')]);
    t.deepEqual(await tagStore.list(REPOSITORY, { limit: 1, after: 'b' }), [parseTag('d')]);
    t.deepEqual(await tagStore.list(REPOSITORY, { limit: 10 }), ['b', 'd'].map(parseTag));
    t.is(await tagStore.get(REPOSITORY, parseTag('a')), undefined);
  },
);

eachDriver('a page costs a call for each of its tags, however many there are', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { tagStore } = composeCore(counting);
  for (let index = 0; index < 60; index += 1) await tagStore.set(REPOSITORY, parseTag(`t${index}`), OLD);
  counting.reset();
  t.is((await tagStore.list(REPOSITORY, { limit: 5 })).length, 5);
  t.is(counting.count(), 6);
});

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
  for (let call = 0; call <= ORDERED.length; call += 1) {
    failing.failAt(call);
    await t.throwsAsync(tagStore.list(REPOSITORY, { limit: 100 }), { instanceOf: DriverError }, `call ${call}`);
    failing.failAt(call);
    await t.throwsAsync(tagStore.pointingAt(REPOSITORY, OLD), { instanceOf: DriverError }, `call ${call}`);
    failing.heal();
  }
});
