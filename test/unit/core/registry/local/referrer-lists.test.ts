import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { parseDigest } from '../../../../../core/digest/digest.ts';
import { ForwardingDriver, type StoragePath } from '../../../../../core/driver/index.ts';
import { fallbackTag, parseReference } from '../../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { type Artifact, artifact, artifactIndex, descriptorOf } from '../../../../helpers/content/artifacts.ts';
import {
  ALL,
  compose,
  name,
  referrers,
  subject,
  subjectDescriptor,
  watched,
} from '../../../../helpers/core/referrer-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { RememberingDriver } from '../../../../helpers/drivers/remembering-driver.ts';

/** A storage with a subject of so many referrers, and their digests in byte order. */
async function storageOf(count: number): Promise<{ storage: RememberingDriver; all: Artifact[]; digests: string[] }> {
  const storage = new RememberingDriver(new MemoryDriver(), 128);
  const all = referrers(count);
  const { push } = compose(storage);
  for (const one of all) await push(one);
  return { storage, all, digests: all.map(({ digest }) => digest) };
}

test('500 referrers cost the list of their entries and the look for a fallback tag, once they are in memory', async (t) => {
  const { storage, digests } = await storageOf(500);
  const { driver, calls } = watched(storage);
  const { referrers: service } = compose(driver);
  const first = await service.list(name, subject, ALL);
  t.deepEqual(
    first.items.map(({ digest }) => String(digest)),
    digests,
  );
  calls.length = 0;
  t.deepEqual(await service.list(name, subject, ALL), first);
  const counted = calls.filter((call) => !call.startsWith('peek '));
  t.deepEqual(counted.map((call) => call.split(' ')[0]).sort(), ['list', 'list', 'read']);
});

test('a subject without referrers costs the look for their folder and for a fallback tag', async (t) => {
  const { driver, calls } = watched(new MemoryDriver());
  t.deepEqual(await compose(driver).referrers.list(name, subject, ALL), { items: [], next: undefined });
  t.deepEqual(calls.map((call) => call.split(' ')[0]).sort(), ['list', 'read']);
});

test('far away, 500 referrers that are in memory cost four calls, and a deleted one still never shows', async (t) => {
  const { storage, all, digests } = await storageOf(500);
  const driver = new CountingDriver(new ForwardingDriver(storage, { locality: 'remote' }));
  const { referrers: service, paths } = compose(driver);
  const first = await service.list(name, subject, ALL);
  driver.reset();
  t.deepEqual(await service.list(name, subject, ALL), first);
  t.deepEqual(driver.sites.map(({ call }) => call).sort(), ['list', 'list', 'list', 'read']);
  const [unlinked, removed] = all.map(({ digest }) => parseDigest(digest));
  if (!unlinked || !removed) throw new Error('500 were pushed');
  await storage.delete(paths.revisionLink(name, unlinked));
  await storage.delete(paths.revisionFolder(name, removed));
  const { items } = await service.list(name, subject, ALL);
  t.deepEqual(
    items.map(({ digest }) => String(digest)),
    digests.slice(2),
  );
});

test('entries that are small, large or lost are listed in one order, and most with one read', async (t) => {
  const storage = new MemoryDriver();
  const large = ['a', 'b', 'c'].map((letter) =>
    artifact({ subject: subjectDescriptor, annotations: { text: letter.repeat(20_000) } }),
  );
  const all = [...referrers(100), ...large].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const { push, paths } = compose(storage);
  for (const one of all) await push(one);
  const lost = all.filter(({ body }, index) => index % 30 === 7 && body.length < 1000);
  for (const { digest } of lost) await storage.delete(paths.referrerFolder(name, subject, parseDigest(digest)));
  const rest = all.filter((one) => !lost.includes(one));
  const driver = new CountingDriver(storage);
  const { items } = await compose(driver).referrers.list(name, subject, ALL);
  t.deepEqual(
    items.map(({ digest }) => String(digest)),
    rest.map(({ digest }) => digest),
  );
  t.deepEqual(
    items.map(({ size }) => size),
    rest.map(({ body }) => Buffer.byteLength(body)),
  );
  const reads = driver.sites.filter(({ call, path }) => call === 'read' && path.endsWith('/descriptor'));
  t.is(reads.length, rest.length + large.length);
});

test('a fallback index makes good for entries that are lost, between those that are there', async (t) => {
  const { storage, all, digests } = await storageOf(40);
  const { push, paths, referrers: service } = compose(storage);
  const lost = all.filter((_, index) => index % 3 === 0);
  for (const { digest } of lost) await storage.delete(paths.referrerFolder(name, subject, parseDigest(digest)));
  await push(artifactIndex({ manifests: lost.map(descriptorOf) }), fallbackTag(subject));
  for (const limit of [1, 4, 40, Number.POSITIVE_INFINITY]) {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await service.list(name, subject, { ...ALL, limit, after });
      seen.push(...page.items.map(({ digest }) => digest));
      after = page.next;
    } while (after !== undefined);
    t.deepEqual(seen, digests, `pages of ${limit}`);
  }
});

test('a driver whose look without waiting fails, fails the list and nothing else', async (t) => {
  const { storage } = await storageOf(200);
  const failing = new Proxy(storage, {
    get: (target, key) => {
      if (key !== 'peek') return Reflect.get(target, key) as unknown;
      return (path: StoragePath) => {
        if (path.includes('/revisions/')) throw new Error('not now');
        return undefined;
      };
    },
  });
  await t.throwsAsync(compose(failing).referrers.list(name, subject, ALL), { message: 'not now' });
  t.is((await compose(storage).referrers.list(name, subject, ALL)).items.length, 200);
});

test('lists at the same time share the looks at their links, and none has to ask the driver for them', async (t) => {
  const { storage } = await storageOf(570);
  const { driver, calls } = watched(storage);
  const { referrers: service } = compose(driver);
  const alone = await service.list(name, subject, ALL);
  calls.length = 0;
  storage.refused = 0;
  const pages = await Promise.all([1, 2, 3, 4].map(() => service.list(name, subject, ALL)));
  t.deepEqual(pages, [alone, alone, alone, alone]);
  t.is(storage.refused, 0);
  const looks = calls.filter((call) => call.includes('/revisions/'));
  t.deepEqual([...new Set(looks.map((call) => call.split(' ')[0]))], ['peek']);
  t.true(looks.length < 2 * 570, `${looks.length} looks`);
});

test('a manifest that another process deleted, in whatever way, is missing from the next list', async (t) => {
  const { storage, all, digests } = await storageOf(200);
  const [here, elsewhere] = [compose(storage), compose(storage)];
  t.is((await here.referrers.list(name, subject, ALL)).items.length, 200);
  const [deleted, unlinked, removed, torn] = all.map(({ digest }) => parseDigest(digest));
  if (!deleted || !unlinked || !removed || !torn) throw new Error('200 were pushed');
  const ways = [
    () => elsewhere.manifests.delete(name, { kind: 'digest', digest: deleted }),
    // As distribution does, which leaves the folder.
    () => storage.delete(here.paths.revisionLink(name, unlinked)),
    () => storage.delete(here.paths.revisionFolder(name, removed)),
    () => storage.write(here.paths.revisionLink(name, torn), Buffer.from(torn.slice(0, 20))),
  ];
  for (const [index, remove] of ways.entries()) {
    await remove();
    const { items } = await here.referrers.list(name, subject, ALL);
    t.deepEqual(
      items.map(({ digest }) => String(digest)),
      digests.slice(index + 1),
    );
  }
});

test('pages of a list that grows between them have everything that was there, once and in order', async (t) => {
  const { storage, all } = await storageOf(120);
  const before = all.filter((_, index) => index % 2 === 0).map(({ digest }) => digest);
  const { manifests, push, referrers: service } = compose(storage);
  const late = all.filter((_, index) => index % 2 === 1);
  for (const { digest } of late) await manifests.delete(name, parseReference(digest));
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await service.list(name, subject, { ...ALL, limit: 7, after });
    seen.push(...page.items.map(({ digest }) => digest));
    const [next] = late.splice(0, 1);
    if (next !== undefined) await push(next);
    after = page.next;
  } while (after !== undefined);
  t.deepEqual(seen, [...new Set(seen)].sort());
  t.deepEqual(
    before.filter((digest) => !seen.includes(digest)),
    [],
  );
});

test('a filter that lets few pass looks at ever more at a time, and its pages lead to all of them', async (t) => {
  const storage = new RememberingDriver(new MemoryDriver(), 128);
  const common = referrers(300);
  const rare = Array.from({ length: 3 }, (_, index) =>
    artifact({ subject: subjectDescriptor, artifactType: 'test/rare', annotations: { index: String(index) } }),
  );
  const { push } = compose(storage);
  for (const one of [...common, ...rare]) await push(one);
  const { driver, calls } = watched(storage);
  const { referrers: service } = compose(driver);
  const seen: string[] = [];
  let after: string | undefined;
  do {
    const page = await service.list(name, subject, { limit: 1, after, artifactTypes: ['test/rare'] });
    t.true(page.items.length <= 1);
    seen.push(...page.items.map(({ digest }) => digest));
    after = page.next;
  } while (after !== undefined);
  t.deepEqual(seen, rare.map(({ digest }) => digest).sort());
  t.true(calls.filter((call) => call.startsWith('read ')).length <= 2 * 303 + 8);
});

test('a list whose client has gone ends with the reason, and leaves others alone', async (t) => {
  const { storage } = await storageOf(200);
  const { referrers: service } = compose(storage);
  await service.list(name, subject, ALL);
  const gone = new AbortController();
  const listing = service.list(name, subject, ALL, { signal: gone.signal });
  const other = service.list(name, subject, ALL);
  await nextTurn();
  gone.abort(new Error('the client has gone away'));
  await t.throwsAsync(listing, { message: 'the client has gone away' });
  t.is((await other).items.length, 200);
});
