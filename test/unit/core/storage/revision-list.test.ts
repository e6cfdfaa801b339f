import test from 'ava';
import { algorithmOf, type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { ForwardingDriver, guardDriver } from '../../../../core/driver/index.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { LinkStore } from '../../../../core/storage/link-store.ts';
import { PathMapper } from '../../../../core/storage/paths/path-mapper.ts';
import { RevisionList } from '../../../../core/storage/revision-list.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';

const name = parseRepositoryName('app');
const paths = new PathMapper();

function digests(count: number, algorithm = 'sha256'): Digest[] {
  return Array.from({ length: count }, (_, index) => digestOf(Buffer.from(`${index}`), algorithm)).sort();
}

/** A storage with these manifests, far away. */
async function listOf(manifests: readonly Digest[]) {
  const storage = new MemoryDriver();
  for (const digest of manifests) await storage.write(paths.revisionLink(name, digest), Buffer.from(digest));
  const driver = new CountingDriver(new ForwardingDriver(storage, { locality: 'remote' }));
  return { storage, driver, list: new RevisionList(driver, new LinkStore(guardDriver(driver)), paths) };
}

test('one list for each algorithm tells which manifests there are', async (t) => {
  const all = [...digests(300), ...digests(20, 'sha512')];
  const { list, driver, storage } = await listOf(all);
  const gone = all.filter((_, index) => index % 7 === 0);
  // As distribution deletes a manifest.
  for (const digest of gone) await storage.delete(paths.revisionLink(name, digest));
  const found = await list.present(name, all);
  t.deepEqual([...found.keys()], all);
  t.deepEqual(
    all.filter((digest) => found.get(digest) !== true),
    gone,
  );
  t.is(driver.count(), 2);
});

test('a list begins at the first manifest and ends at the last one', async (t) => {
  const all = digests(100);
  const { list, driver } = await listOf(all);
  for (const [from, to] of [
    [0, 1],
    [40, 43],
    [99, 100],
    [0, 100],
  ]) {
    const some = all.slice(from, to);
    driver.reset();
    t.deepEqual(await list.present(name, some), new Map(some.map((digest) => [digest, true])));
    t.is(driver.count('list'), 1);
  }
});

test('a repository with very many others is not read to its end; what was not reached is left out', async (t) => {
  const all = digests(1500);
  const [first, ...others] = all as [Digest, ...Digest[]];
  const last = others.at(-1) as Digest;
  const { list } = await listOf(all);
  t.deepEqual(await list.present(name, [first, last]), new Map([[first, true]]));
});

test('no manifest is there in a repository that is missing', async (t) => {
  const { list } = await listOf([]);
  const some = digests(3);
  t.deepEqual(await list.present(name, some), new Map(some.map((digest) => [digest, false])));
  t.deepEqual(some.map(algorithmOf), ['sha256', 'sha256', 'sha256']);
});

test('a list tells only of a storage far away whose lists are up to date and show no empty folder', (t) => {
  const claims = { locality: 'remote', strongListing: true, hidesEmptyFolders: true } as const;
  const isPossible = (own: object): boolean => {
    const driver = new ForwardingDriver(new MemoryDriver(), { ...claims, ...own });
    return new RevisionList(driver, new LinkStore(driver), paths).isPossible;
  };
  t.true(isPossible({}));
  for (const own of [{ locality: 'local' }, { strongListing: false }, { hidesEmptyFolders: false }]) {
    t.false(isPossible(own), JSON.stringify(own));
  }
  t.false(isPossible({ hidesEmptyFolders: undefined }));
});
