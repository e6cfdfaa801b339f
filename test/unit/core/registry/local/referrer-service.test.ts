import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import { parseDigest } from '../../../../../core/digest/digest.ts';
import { guardDriver, type StorageDriver } from '../../../../../core/driver/index.ts';
import { parseReference, parseRepositoryName } from '../../../../../core/model/reference.ts';
import { LocalManifestService } from '../../../../../core/registry/local/manifest-service.ts';
import { ReferrerRebuilder } from '../../../../../core/registry/local/referrer-rebuilder.ts';
import { LocalReferrerService } from '../../../../../core/registry/local/referrer-service.ts';
import { PathMapper } from '../../../../../core/storage/path-mapper.ts';
import { ReferrerStore } from '../../../../../core/storage/referrer-store.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { coreContainer } from '../../../../../server/composition/core-container.ts';
import { type Artifact, artifact, artifactIndex, descriptorOf } from '../../../../helpers/content/artifacts.ts';
import { RememberingDriver } from '../../../../helpers/drivers/remembering-driver.ts';

const name = parseRepositoryName('app');
const subjectDescriptor = descriptorOf(artifact());
const subject = parseDigest(subjectDescriptor.digest);
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined, artifactTypes: [] };
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** A driver that records its calls. */
function watched(driver: StorageDriver): { driver: StorageDriver; calls: string[] } {
  const calls: string[] = [];
  const proxy = new Proxy(driver, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        calls.push([String(key), ...given.filter((one) => typeof one === 'string')].join(' '));
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
  return { driver: proxy, calls };
}

/** A process of its own on `driver`. */
function compose(driver: StorageDriver) {
  const validation = {
    enabled: false,
    urls: { allow: [], deny: [] },
    indexes: { platforms: 'all', platformList: [] },
  } as const;
  const container = coreContainer({ driver: guardDriver(driver), log, validation });
  const manifests = container.get(LocalManifestService);
  return {
    manifests,
    referrers: container.get(LocalReferrerService),
    rebuilder: container.get(ReferrerRebuilder),
    store: container.get(ReferrerStore),
    paths: container.get(PathMapper),
    push: (one: Artifact, tag?: string) =>
      manifests.put(name, parseReference(tag ?? one.digest), { bytes: Buffer.from(one.body), contentType: one.type }),
  };
}

function referrers(count: number): Artifact[] {
  return Array.from({ length: count }, (_, index) =>
    artifact({ subject: subjectDescriptor, annotations: { index: String(index) } }),
  ).sort((a, b) => (a.digest < b.digest ? -1 : 1));
}

test('the entry is written after the link of the manifest and before the tag, and removed before the link', async (t) => {
  const { driver, calls } = watched(new MemoryDriver());
  const { push, manifests } = compose(driver);
  const [one] = referrers(1) as [Artifact];
  await push(one, 'tag');
  const places = (method: string): string[] =>
    calls
      .filter((call) => call.startsWith(`${method} `))
      .map((call) => /\/(blobs|revisions|_referrers|tags)\//.exec(call)?.[1] ?? call);
  t.deepEqual(places('write'), ['blobs', 'revisions', '_referrers', 'tags', 'tags']);
  await manifests.delete(name, parseReference(one.digest));
  t.deepEqual(places('delete'), ['tags', '_referrers', 'revisions']);
});

test('a list reads no manifest, and the cost of a page depends on its own length, not on the number of referrers', async (t) => {
  const storage = new MemoryDriver();
  const { push } = compose(storage);
  for (const one of referrers(200)) await push(one);
  const cost = async (limit: number): Promise<number> => {
    const { driver, calls } = watched(storage);
    const page = await compose(driver).referrers.list(name, subject, { ...ALL, limit });
    t.is(page.items.length, Math.min(limit, 200));
    t.false(calls.some((call) => call.includes('/blobs/')));
    return calls.length;
  };
  t.true((await cost(5)) <= 3 + 2 * 6);
  t.true((await cost(200)) <= 3 + 2 * 200);
});

test('referrers that were read once are listed again by looking only at the links', async (t) => {
  const { driver, calls } = watched(new MemoryDriver());
  const core = compose(driver);
  for (const one of referrers(10)) await core.push(one);
  const first = await core.referrers.list(name, subject, ALL);
  calls.length = 0;
  t.deepEqual(await core.referrers.list(name, subject, ALL), first);
  t.deepEqual([...new Set(calls.map((call) => call.split(' ')[0]))].sort(), ['list', 'read']);
  const read = calls.filter((call) => call.startsWith('read'));
  t.is(read.length, 11, 'ten manifests and the fallback tag');
  t.true(read.every((call) => call.endsWith('/link')));
});

test('a page ends after a thousand candidates, even if none passed the filter', async (t) => {
  const core = compose(new MemoryDriver());
  const all = referrers(1001);
  for (const one of all) await core.push(one);
  const page = await core.referrers.list(name, subject, ALL);
  t.is(page.items.length, 1000);
  t.is<string | undefined, string | undefined>(page.next, all[999]?.digest);
  const filtered = await core.referrers.list(name, subject, { ...ALL, artifactTypes: ['test/none'] });
  t.deepEqual(filtered.items, []);
  t.is<string | undefined, string | undefined>(filtered.next, all[999]?.digest);
  const rest = await core.referrers.list(name, subject, { ...ALL, after: page.next });
  t.is(rest.items.length, 1);
  t.is(rest.next, undefined);
});

test('entries that are lost, torn or foreign are read from the manifest and rebuilt', async (t) => {
  const storage = new MemoryDriver();
  const writer = compose(storage);
  const all = referrers(4);
  for (const one of [...all, artifact({ no: 'subject' }), artifactIndex({ annotations: {} })]) await writer.push(one);
  const expected = await writer.referrers.list(name, subject, ALL);
  const [lost, torn, foreign] = all.map(({ digest }) => parseDigest(digest));
  if (lost === undefined || torn === undefined || foreign === undefined) throw new Error('four were pushed');
  await storage.delete(writer.paths.referrerFolder(name, subject, lost));
  await storage.write(writer.paths.referrerDescriptor(name, subject, torn), Buffer.from('{"mediaType":"app'));
  const other = Buffer.from(JSON.stringify(subjectDescriptor));
  await storage.write(writer.paths.referrerDescriptor(name, subject, foreign), other);
  const reader = compose(storage);
  t.deepEqual((await reader.referrers.list(name, subject, ALL)).items, expected.items.slice(1));
  t.is(await reader.store.read(name, subject, torn), undefined);
  t.deepEqual(await reader.rebuilder.rebuild(name), { entries: 4, unreadable: 0 });
  t.deepEqual(await compose(storage).referrers.list(name, subject, ALL), expected);
  t.deepEqual(await reader.store.read(name, subject, torn), expected.items[1]);
});

test('rebuilding a large repository reports its steps, and ends a few manifests after an abort', async (t) => {
  const core = compose(new MemoryDriver());
  for (const one of referrers(40)) await core.push(one);
  const stopping = new AbortController();
  let steps = 0;
  const onStep = (): void => {
    steps += 1;
    if (steps === 2) stopping.abort(new Error('enough'));
  };
  await t.throwsAsync(core.rebuilder.rebuild(name, { signal: stopping.signal, onStep }), { message: 'enough' });
  t.is(steps, 2);
});

test('a manifest whose bytes are lost or corrupt can still be deleted, and its entry is not listed', async (t) => {
  const storage = new MemoryDriver();
  const all = referrers(2);
  for (const one of all) await compose(storage).push(one);
  const core = compose(storage);
  const [lost, corrupt] = all.map(({ digest }) => parseDigest(digest));
  if (lost === undefined || corrupt === undefined) throw new Error('two were pushed');
  await storage.delete(core.paths.blobData(lost));
  await storage.write(core.paths.blobData(corrupt), Buffer.from('{}'));
  t.deepEqual(await core.rebuilder.rebuild(name), { entries: 0, unreadable: 1 });
  for (const digest of [lost, corrupt]) await core.manifests.delete(name, { kind: 'digest', digest });
  t.deepEqual((await core.referrers.list(name, subject, ALL)).items, []);
});

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

test('lists at the same time look at their links in turns, so that none has to ask the driver for them', async (t) => {
  const { storage } = await storageOf(570);
  const { driver, calls } = watched(storage);
  const { referrers: service } = compose(driver);
  await service.list(name, subject, ALL);
  calls.length = 0;
  storage.refused = 0;
  await Promise.all([1, 2, 3, 4].map(() => service.list(name, subject, ALL)));
  t.is(storage.refused, 0);
  t.is(calls.filter((call) => call.startsWith('read ') && call.includes('/revisions/')).length, 0);
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

test('a list whose client has gone ends between two turns', async (t) => {
  const { storage } = await storageOf(200);
  const { referrers: service } = compose(storage);
  await service.list(name, subject, ALL);
  const gone = new AbortController();
  const listing = service.list(name, subject, ALL, { signal: gone.signal });
  await nextTurn();
  gone.abort(new Error('the client has gone away'));
  await t.throwsAsync(listing, { message: 'the client has gone away' });
  t.is((await service.list(name, subject, ALL)).items.length, 200);
});
