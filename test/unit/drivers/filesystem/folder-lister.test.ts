import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ListEntry, StoragePath } from '../../../../core/driver/index.ts';
import { EntryTable } from '../../../../drivers/filesystem/entry-table.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { FolderLister } from '../../../../drivers/filesystem/folder-lister.ts';
import { RecentFiles } from '../../../../drivers/filesystem/recent-files.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const entry = (name: string): ListEntry => ({ name, isFolder: false });

test('the entries after a name are found whether the name exists or not', (t) => {
  const table = new EntryTable(['d', 'a-b', 'a', 'b'].map(entry));
  const found = ['', 'a', 'a-', 'a-b', 'b', 'c', 'd', 'e'].map((after) => namesOf(table, after));
  t.deepEqual(found, ['a a-b b d', 'a-b b d', 'a-b b d', 'b d', 'd', 'd', '', '']);
  t.is(namesOf(new EntryTable([]), 'a'), '');
});

test('entries come in a small group and then in large ones, without the hidden one', (t) => {
  const table = new EntryTable(Array.from({ length: 2500 }, (_, index) => entry(String(10_000 + index))));
  const groups = [...table.groups('10099', '10100')];
  t.deepEqual(
    groups.map(({ length }) => length),
    [127, 1024, 1024, 224],
  );
  t.deepEqual(groups[0]?.[0], entry('10101'));
});

function namesOf(table: EntryTable, after: string): string {
  return entriesOf(table, after)
    .map(({ name }) => name)
    .join(' ');
}

function entriesOf(table: EntryTable, after?: string): ListEntry[] {
  return [...table.groups(after)].flat();
}

/** Waits until the clock of the file system has left the last change of `folder` behind; at most a few seconds. */
async function settled(folder: string, lister: FolderLister): Promise<EntryTable> {
  for (;;) {
    await lister.read(folder);
    const entries = lister.current(folder);
    if (entries !== undefined) return entries;
    await new Promise(setImmediate);
  }
}

async function folderWith(t: ExecutionContext, ...names: string[]): Promise<string> {
  const folder = await tempRoot(t);
  for (const name of names) await writeFile(join(folder, name), '');
  return folder;
}

test('a folder that has not changed for a while is not read again, and its next change is seen', async (t) => {
  const folder = await folderWith(t, 'b', 'a');
  const lister = new FolderLister(new RecentFiles(true), '/');
  t.deepEqual(entriesOf(await settled(folder, lister)), [entry('a'), entry('b')]);
  await mkdir(join(folder, 'c'));
  t.is(lister.current(folder), undefined);
  t.deepEqual(entriesOf(await lister.read(folder)), [entry('a'), entry('b'), { name: 'c', isFolder: true }]);
  await rm(folder, { recursive: true });
  t.is(lister.current(folder), undefined);
});

test('a folder with a symbolic link is read every time', async (t) => {
  const folder = await folderWith(t, 'a');
  const target = await tempRoot(t);
  await symlink(join(target, 'later'), join(folder, 'link'));
  const lister = new FolderLister(new RecentFiles(true), '/');
  const past = new Date('2020-01-01T00:00:00Z');
  await utimes(folder, past, past);
  t.deepEqual(entriesOf(await lister.read(folder)), [entry('a'), entry('link')]);
  await mkdir(join(target, 'later'));
  t.is(lister.current(folder), undefined);
  t.deepEqual(entriesOf(await lister.read(folder)), [entry('a'), { name: 'link', isFolder: true }]);
});

test('every list reads the folder if calls may wait for a network', async (t) => {
  const folder = await folderWith(t, 'a');
  const lister = new FolderLister(new RecentFiles(false), '/');
  await lister.read(folder);
  t.is(lister.current(folder), undefined);
});

test('lists of the driver see every change by others, however often they are asked for', async (t) => {
  const root = await tempRoot(t);
  const driver = await FilesystemDriver.open({ rootFolder: root, maxCalls: 10, warn: () => undefined });
  await mkdir(join(root, 'folder'));
  const names = async (after?: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const { name } of driver.list('/folder' as StoragePath, { after })) found.push(name);
    return found;
  };
  for (let round = 0; round < 20; round++) {
    const name = `file-${String(round).padStart(2, '0')}`;
    await writeFile(join(root, 'folder', name), '');
    t.is((await names()).length, round + 1);
    t.is((await names()).at(-1), name);
    t.deepEqual(await names(name), []);
  }
  await rm(join(root, 'folder', 'file-07'));
  t.false((await names()).includes('file-07'));
  t.deepEqual((await names('file-06'))[0], 'file-08');
});
