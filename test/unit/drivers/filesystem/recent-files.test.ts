import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DriverError, type StorageDriver, type StoragePath } from '../../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { RecentFiles } from '../../../../drivers/filesystem/recent-files.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const PATH = '/folder/file' as StoragePath;

test('a file is hot for ten seconds after it was found, but not after it was missing', (t) => {
  let now = 0;
  const files = new RecentFiles(true, () => now);
  t.false(files.claim('/a'));
  files.note('/a', true);
  now = 9_999;
  t.true(files.claim('/a'));
  now = 10_000;
  t.false(files.claim('/a'));
  files.note('/a', true);
  files.note('/a', false);
  t.false(files.claim('/a'));
});

test('no file is hot if calls may wait for a network', (t) => {
  const files = new RecentFiles(false);
  files.note('/a', true);
  t.false(files.claim('/a'));
});

test('the least recently used files are forgotten when there are too many', (t) => {
  const files = new RecentFiles(true, () => 0);
  for (let index = 0; index < 10_000; index++) files.note(`/${index}`, true);
  files.note('/0', true);
  files.note('/new', true);
  t.deepEqual(
    [files.claim('/0'), files.claim('/1'), files.claim('/2'), files.claim('/new')],
    [true, false, true, true],
  );
});

test('a loop of calls lets the process do other work', async (t) => {
  const files = new RecentFiles(true);
  files.note('/a', true);
  let claimed = 0;
  while (files.claim('/a')) claimed += 1;
  t.is(claimed, 128);
  await new Promise(setImmediate);
  t.true(files.claim('/a'));
});

test('the next call sees a change of a hot file by another process', async (t) => {
  const root = await tempRoot(t);
  const driver = await FilesystemDriver.open({ rootFolder: root, maxCalls: 10, warn: () => undefined });
  const file = join(root, PATH);
  const change = async (content: string): Promise<void> => {
    // Both ways in which other programs write: in place, as distribution does, and by a new file.
    await writeFile(file, `${content} in place`);
    t.is(await textOf(driver), `${content} in place`);
    t.is((await driver.stat(PATH))?.size, content.length + 9);
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
    t.is(await textOf(driver), content);
    t.is((await driver.stat(PATH))?.size, content.length);
  };
  await mkdir(join(root, 'folder'));
  for (let round = 0; round < 5; round++) await change(`round ${round}`);
  await rm(file);
  t.is(await driver.stat(PATH), undefined);
  t.true(DriverError.is(await t.throwsAsync(driver.read(PATH)), 'not-found'));
  await change('again');
});

test('a hot file that has grown large is read to its end', async (t) => {
  const root = await tempRoot(t);
  const driver = await FilesystemDriver.open({ rootFolder: root, maxCalls: 10, warn: () => undefined });
  await driver.write(PATH, Buffer.from('small'));
  t.is(await textOf(driver), 'small');
  await driver.write(PATH, Buffer.alloc(300_000, 'x'));
  t.is((await textOf(driver)).length, 300_000);
  t.is((await textOf(driver, { start: 65_530, end: 65_540 })).length, 10);
  t.is((await textOf(driver, { start: 299_999 })).length, 1);
  t.is((await textOf(driver, { start: 300_001 })).length, 0);
});

async function textOf(driver: StorageDriver, range: { start?: number; end?: number } = {}): Promise<string> {
  let text = '';
  for await (const chunk of (await driver.read(PATH, range)) as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString();
  }
  return text;
}
