import { digestOf } from '../../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../../core/driver/index.ts';
import { parseRepositoryName, parseTag } from '../../../../core/model/reference.ts';
import type { RepositoryStore } from '../../../../core/storage/repository-store.ts';
import { at } from '../../../../testing/driver-case.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';

const DIGEST = digestOf(Buffer.from('manifest'));

/** In the order of the list: component by component, each in byte order. */
const ORDERED = [
  'a',
  'a/b',
  'a/b/c',
  'a/b-c',
  'a/b.c',
  'a-b',
  'a-b/c',
  'a.b',
  'a0',
  'a_b',
  'aa/a',
  'b/layers/manifests',
  'foo',
  'foo/bar/baz',
  'foobar',
  'z',
];

eachDriver('names are listed component by component in byte order', async (t, driver) => {
  t.deepEqual(await listed(await fill(driver)), ORDERED);
});

eachDriver('a walk tells before each name what part of it is over', async (t, driver) => {
  const repositories = await fill(driver);
  const told: { name: string; part: number }[] = [];
  let part = 0;
  const onPart = (now: number): void => {
    t.true(now >= part, `${now} after ${part}`);
    part = now;
  };
  for await (const name of repositories.walkAll(undefined, onPart)) told.push({ name, part });
  const partOf = (wanted: string): number | undefined => told.find(({ name }) => name === wanted)?.part;
  // Ten folders are at the top.
  t.is(partOf('a'), 0);
  t.is(partOf('a/b'), 0);
  t.is(partOf('a-b'), 0.1);
  t.is(partOf('z'), 0.9);
});

eachDriver('a list after any name, prefix or continuation of one has exactly the rest', async (t, driver) => {
  const repositories = await fill(driver);
  const starts = new Set(ORDERED);
  for (const name of ORDERED) {
    for (let length = 1; length < name.length; length += 1) starts.add(name.slice(0, length));
    for (const more of ['0', '-', '-0', '.0', '_0', 'z', '/', '/0', '/zz', '/b/zz', '/a/b/c/d'])
      starts.add(`${name}${more}`);
  }
  for (const start of starts) {
    const expected = ORDERED.filter((name) => compare(name, start) > 0);
    t.deepEqual(await listed(repositories, start), expected, `after ${start}`);
  }
});

for (const start of ['', '!', '_', 'A', '..', '../..', './a', '%2e', '/']) {
  eachDriver(
    `a list after ${JSON.stringify(start)}, which is not a name, is in order and without a crash`,
    async (t, driver) => {
      const repositories = await fill(driver);
      const rest = await listed(repositories, start);
      t.deepEqual(rest, ORDERED.slice(ORDERED.length - rest.length));
      t.is(rest[0], '_' === start ? 'a' : ORDERED[0]);
    },
  );
}

eachDriver('a list after a name of thousands of components costs no more than after any other', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const repositories = await fill(counting);
  counting.reset();
  const start = `${'a/'.repeat(50_000)}a`;
  const rest = await listed(repositories, start);
  t.deepEqual(
    rest,
    ORDERED.filter((name) => compare(name, start) > 0),
  );
  t.true(counting.count() < 500, `${counting.count()} calls`);
});

eachDriver('an empty registry has no repositories', async (t, driver) => {
  t.deepEqual(await listed(composeCore(driver).repositories), []);
  t.deepEqual(await listed(composeCore(driver).repositories, 'a/b'), []);
});

eachDriver('only a manifest creates a repository; blobs, uploads and foreign folders do not', async (t, driver) => {
  const { repositories, blobs, paths } = composeCore(driver);
  await blobs.link(parseRepositoryName('blobs/only'), DIGEST);
  await driver.write(at(`${paths.repositories()}/uploads/_uploads/x/startedat`), Buffer.from('x'));
  await driver.write(at(`${paths.repositories()}/Upper/_manifests/x`), Buffer.from('x'));
  await driver.write(at(`${paths.repositories()}/a--/_manifests/x`), Buffer.from('x'));
  await driver.write(at(`${paths.repositories()}/file`), Buffer.from('x'));
  t.deepEqual(await listed(repositories), []);
  t.false(await repositories.exists(parseRepositoryName('blobs/only')));
});

eachDriver('a repository exists exactly under its own name', async (t, driver) => {
  const repositories = await fill(driver);
  for (const name of ORDERED) t.true(await repositories.exists(parseRepositoryName(name)), name);
  for (const name of ['aa', 'b', 'b/layers', 'foo/bar', 'fo', 'fooba', 'a/b/c/d']) {
    t.false(await repositories.exists(parseRepositoryName(name)), name);
  }
});

eachDriver('the first name costs a few calls, however many follow and whatever they hold', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { tagStore, repositories } = composeCore(counting);
  for (let index = 10; index < 50; index += 1) {
    await tagStore.set(parseRepositoryName(`r${index}`), parseTag('latest'), DIGEST);
  }
  counting.reset();
  t.deepEqual(await repositories.list('r10', { limit: 1 }), [parseRepositoryName('r11')]);
  t.true(counting.count() <= 4, `${counting.count()} calls`);
});

async function fill(driver: StorageDriver): Promise<RepositoryStore> {
  const { tagStore, repositories } = composeCore(driver);
  for (const name of ORDERED) await tagStore.set(parseRepositoryName(name), parseTag('latest'), DIGEST);
  return repositories;
}

function listed(repositories: RepositoryStore, after?: string): Promise<string[]> {
  return repositories.list(after, { limit: Number.POSITIVE_INFINITY });
}

/** The order of the list, expressed differently: a slash sorts before everything. */
function compare(left: string, right: string): number {
  const [a, b] = [left, right].map((text) => text.replaceAll('/', '\0'));
  return (a ?? '') < (b ?? '') ? -1 : Number(a !== b);
}
