import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { ForwardingDriver, parseStoragePath, ROOT_PATH, type StorageDriver } from '../../../../../core/driver/index.ts';
import { parseTag, type UploadId } from '../../../../../core/model/reference.ts';
import { CopyOnReadDriver } from '../../../../../core/storage-copy/copy-on-read/copy-on-read-driver.ts';
import { SourceStorage } from '../../../../../core/storage-copy/copy-on-read/source-storage.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { drain } from '../../../../../testing/driver-case.ts';
import { name, pushBlob, tagged } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { storedFiles } from '../../../../helpers/invariants/stored-files.ts';
import { digestOfTag, pushImage, REPOSITORY, text } from '../pushed-image.ts';
import { oldAndNew } from './old-and-new.ts';

const { paths } = composeCore(oldAndNew().driver);
const LAYER = text('layer');
const DATA = paths.blobData(digestOf(LAYER));

async function names(driver: StorageDriver, folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name: entry } of driver.list(parseStoragePath(folder))) found.push(entry);
  return found;
}

test('an image that only the old storage has is pulled, and each file that was read there is reported', async (t) => {
  const storages = oldAndNew();
  const digest = await pushImage(composeCore(storages.old), 'v1', LAYER);
  t.is(await digestOfTag(storages.driver, 'v1'), digest);
  t.true(storages.read.includes(paths.blobData(digest)));
  t.is((await storedFiles(storages.new)).size, 0);
});

test('a push writes to the new storage only, and uploads nothing that the old one has', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  const before = await storedFiles(storages.old);
  const moved = composeCore(storages.driver);
  t.not(await moved.layers.stat(REPOSITORY, digestOf(LAYER)), undefined);
  const digest = await pushImage(moved, 'v2', text('other layer'));
  t.deepEqual(await storedFiles(storages.old), before);
  t.is(await digestOfTag(storages.driver, 'v2'), digest);
  t.is(await digestOfTag(storages.old, 'v2'), undefined);
});

test('a tag that was pushed after the switch wins over that of the old storage', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  const newer = await pushImage(composeCore(storages.driver), 'v1', text('newer'));
  await pushImage(composeCore(storages.old), 'v1', text('too late'));
  t.is(await digestOfTag(storages.driver, 'v1'), newer);
});

test('pages of repositories and tags merge both storages in order, each name once', async (t) => {
  const storages = oldAndNew();
  const [older, moved] = [composeCore(storages.old), composeCore(storages.driver)];
  for (const tag of ['a', 'c', 'd', 'g']) await pushImage(older, tag, LAYER);
  for (const tag of ['b', 'c', 'e', 'f', 'h']) await pushImage(moved, tag, LAYER);
  const listed: string[] = [];
  for (;;) {
    const tags = await moved.tagStore.list(REPOSITORY, { after: listed.at(-1), limit: 2 });
    if (tags.length === 0) break;
    listed.push(...tags);
  }
  t.deepEqual(listed, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  await pushBlob(older.layers, name('only/blobs'), LAYER);
  t.deepEqual(await moved.repositories.list(undefined, { limit: 10 }), [REPOSITORY]);
});

test('uploads of the old storage are neither listed nor resumed, and a tag of the name of their folder is a tag', async (t) => {
  const storages = oldAndNew();
  const older = composeCore(storages.old);
  await pushImage(older, '_uploads', LAYER);
  const upload = `${paths.uploads(REPOSITORY)}/1/startedat`;
  await storages.old.write(parseStoragePath(upload), text('now'));
  t.false((await names(storages.driver, paths.repository(REPOSITORY))).includes('_uploads'));
  t.is(await storages.driver.stat(parseStoragePath(upload)), undefined);
  await t.throwsAsync(storages.driver.read(parseStoragePath(upload)), { code: 'not-found' });
  t.not(await digestOfTag(storages.driver, '_uploads'), undefined);
  t.deepEqual(await composeCore(storages.driver).tagStore.list(REPOSITORY, { limit: 5 }), [parseTag('_uploads')]);
});

test('a failure of the old storage is an error for what only it has, and never a missing file or a shorter list', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'old', LAYER);
  const newer = await pushImage(composeCore(storages.driver), 'new', text('newer'));
  storages.faults.plan({ fault: 'dead', index: 0 });
  const moved = composeCore(storages.driver);
  const isSource = { code: 'unavailable', message: /storage\.copyfrom: injected/ };
  await t.throwsAsync(moved.manifests.get(REPOSITORY, tagged('old')), isSource);
  await t.throwsAsync(moved.manifests.get(REPOSITORY, tagged('missing')), isSource);
  await t.throwsAsync(moved.tagStore.list(REPOSITORY, { limit: 5 }), isSource);
  await t.throwsAsync(storages.driver.stat(DATA), isSource);
  t.is((await moved.manifests.get(REPOSITORY, tagged('new'))).digest, newer);
});

test('an old storage that is empty all at once, as a disk that is not mounted, makes nothing look missing', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  await storages.old.delete(parseStoragePath('/docker'));
  await t.throwsAsync(storages.driver.stat(DATA), { code: 'unavailable', message: /is its disk mounted/ });
  await t.throwsAsync(storages.driver.read(DATA), { code: 'unavailable' });
  await t.throwsAsync(names(storages.driver, paths.blobs()), { code: 'unavailable' });
});

test('what the old storage has is not deleted, moved or created again, and the rest is', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  await storages.new.write(DATA, LAYER);
  const { driver } = storages;
  const elsewhere = paths.blobData(digestOf(text('elsewhere')));
  for (const change of [() => driver.delete(DATA), () => driver.move(DATA, elsewhere)])
    await t.throwsAsync(change(), { code: 'not-supported', message: /storage\.copyfrom is set/ });
  await t.throwsAsync(driver.delete(paths.repository(REPOSITORY)), { code: 'not-supported' });
  await t.throwsAsync(driver.write(paths.tagCurrentLink(REPOSITORY, parseTag('v1')), LAYER, { ifAbsent: true }), {
    code: 'conflict',
  });
  t.true((await storedFiles(storages.new)).has(DATA));
  await driver.write(elsewhere, LAYER, { ifAbsent: true });
  await driver.delete(elsewhere);
  t.is(await driver.stat(elsewhere), undefined);
});

test('what the new storage has costs no call of the old one, and what both lack costs two', async (t) => {
  const storages = oldAndNew();
  const { driver, calls } = storages;
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  await storages.new.write(DATA, LAYER);
  calls.old.reset();
  await driver.stat(DATA);
  await drain(await driver.read(DATA));
  t.is(calls.old.count(), 0);
  calls.new.reset();
  await driver.stat(paths.blobData(digestOf(text('nowhere'))));
  t.deepEqual([calls.new.count(), calls.old.count()], [1, 2]);
  calls.old.reset();
  await driver.list(paths.tags(REPOSITORY))[Symbol.asyncIterator]().next();
  t.is(calls.old.count(), 1);
  calls.old.reset();
  await driver.stat(paths.upload(REPOSITORY, 'c2a1a2a1-0000-4000-8000-000000000000' as UploadId));
  t.is(calls.old.count(), 0);
});

test('clients are sent to the storage itself only for what the new one has', async (t) => {
  const storages = oldAndNew();
  await pushImage(composeCore(storages.old), 'v1', LAYER);
  const options = { method: 'GET', expiresInMs: 1000 } as const;
  t.is(await storages.driver.redirectUrl?.(DATA, options), undefined);
  await storages.new.write(DATA, LAYER);
  t.is((await storages.driver.redirectUrl?.(DATA, options))?.host, 'storage.example');
});

for (const isStrong of [true, false])
  test(`what it says about its lists is what both storages can say, with ${isStrong ? 'current' : 'late'} lists of the old one`, (t) => {
    const target = new ForwardingDriver(new MemoryDriver(), { hidesEmptyFolders: true, strongListing: true });
    const old = new ForwardingDriver(new MemoryDriver(), { strongListing: isStrong });
    const source = new SourceStorage(old, { landmark: ROOT_PATH, isHidden: () => false });
    const driver = new CopyOnReadDriver(target, source, { isContent: () => true, onRead: () => undefined });
    t.like(driver.capabilities, { hidesEmptyFolders: false, strongListing: isStrong });
  });
