import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { RecentLookups } from '../../../../drivers/filesystem/recent-lookups.ts';
import { at, content, readAll } from '../../../../testing/driver-case.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a folder is known to be missing only when the folder above was used a moment ago', async (t) => {
  const root = await tempRoot(t);
  const lookups = new RecentLookups(true);
  const file = join(root, 'none', 'file');
  t.false(lookups.isInMissingFolder(file));
  t.true(lookups.isInMissingFolder(file));
  await mkdir(join(root, 'none'));
  t.false(lookups.isInMissingFolder(file));
});

test('no folder is known to be missing where a look may wait for a network', async (t) => {
  const lookups = new RecentLookups(false);
  const file = join(await tempRoot(t), 'none', 'file');
  t.false(lookups.isInMissingFolder(file));
  t.false(lookups.isInMissingFolder(file));
});

test('a folder that cannot be looked into is not known to be missing', async (t) => {
  const lookups = new RecentLookups(true);
  const file = join(await tempRoot(t), 'n'.repeat(300), 'file');
  lookups.isInMissingFolder(file);
  t.false(lookups.isInMissingFolder(file));
});

test('a file that another process puts into a folder that was missing is found at once', async (t) => {
  const { driver, rootFolder } = await openDriver(t);
  for (const _look of [1, 2]) t.is(await driver.stat(at('/blobs/one/data')), undefined);
  await mkdir(join(rootFolder, 'blobs', 'one'), { recursive: true });
  await writeFile(join(rootFolder, 'blobs', 'one', 'data'), content(10));
  t.is((await driver.stat(at('/blobs/one/data')))?.size, 10);
  t.deepEqual(await readAll(driver, '/blobs/one/data'), content(10));
});

test('a file that was just written is read as another process has replaced or removed it', async (t) => {
  const { driver, rootFolder } = await openDriver(t);
  await driver.write(at('/blobs/one/data'), content(10));
  t.deepEqual(await readAll(driver, '/blobs/one/data'), content(10));
  const next = join(rootFolder, 'next');
  await writeFile(next, content(20, 2));
  await rename(next, join(rootFolder, 'blobs', 'one', 'data'));
  t.is((await driver.stat(at('/blobs/one/data')))?.size, 20);
  t.deepEqual(await readAll(driver, '/blobs/one/data'), content(20, 2));
  await rm(join(rootFolder, 'blobs', 'one'), { recursive: true });
  t.is(await driver.stat(at('/blobs/one/data')), undefined);
});

test('a miss is a failure when the root has vanished, not an absent file', async (t) => {
  const { driver, rootFolder } = await openDriver(t);
  for (const _look of [1, 2]) t.is(await driver.stat(at('/blobs/one/data')), undefined);
  await rename(rootFolder, `${rootFolder}-away`);
  t.teardown(() => rm(`${rootFolder}-away`, { recursive: true }));
  const error = await t.throwsAsync(driver.stat(at('/blobs/one/data')));
  t.like(error, { name: 'DriverError', code: 'unavailable' });
});

async function openDriver(
  t: Parameters<typeof tempRoot>[0],
): Promise<{ driver: FilesystemDriver; rootFolder: string }> {
  const rootFolder = await tempRoot(t);
  const driver = await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: (text) => t.fail(text) });
  await driver.write(at('/blobs/first/data'), content(1));
  return { driver, rootFolder };
}
