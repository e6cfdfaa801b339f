import test from 'ava';
import { parseDigest } from '../../../../../core/digest/digest.ts';
import { parseReference } from '../../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { type Artifact, artifact, artifactIndex } from '../../../../helpers/content/artifacts.ts';
import {
  ALL,
  compose,
  name,
  referrers,
  subject,
  subjectDescriptor,
  watched,
} from '../../../../helpers/core/referrer-parts.ts';

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
