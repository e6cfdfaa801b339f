import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DurableFolders } from '../../../../drivers/filesystem/durable-folders.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { at, content } from '../../../../testing/driver-case.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a file is stored in a folder that is deleted again and again', async (t) => {
  const folder = join(await tempRoot(t), 'a/b');
  const folders = new DurableFolders();
  let attempts = 0;
  await folders.put(folder, async () => {
    attempts += 1;
    if (attempts < 9) await rm(folder, { recursive: true, force: true });
    await writeFile(join(folder, 'file'), 'content');
  });
  t.is(attempts, 9);
  await t.notThrowsAsync(folders.settle(folder));
});

/** The parent folder is deleted while the child is being created. */
class DisturbedFolders extends DurableFolders {
  disturbances = 3;

  protected override create(folder: string): Promise<void> {
    return this.disturbances-- > 0 ? mkdir(join(folder, 'in what is gone/a')) : super.create(folder);
  }
}

test('a file is stored although its parent folders are deleted while they are created', async (t) => {
  const folder = join(await tempRoot(t), 'a/b');
  const folders = new DisturbedFolders();
  await t.notThrowsAsync(folders.put(folder, () => writeFile(join(folder, 'file'), 'content')));
  t.true(folders.disturbances < 0);
});

test('a file that can never be stored is finally an error', async (t) => {
  const folder = join(await tempRoot(t), 'a');
  const failing = new DurableFolders().put(folder, async () => {
    await rm(folder, { recursive: true, force: true });
    await writeFile(join(folder, 'file'), 'content');
  });
  await t.throwsAsync(failing, { code: 'ENOENT' });
});

test('many files are stored at once in folders that all of them need', async (t) => {
  const root = await tempRoot(t);
  const folders = new DurableFolders();
  const places = Array.from({ length: 40 }, (_, index) => join(root, 'a/b/c', String(index % 4), 'd'));
  await Promise.all(
    places.map(async (folder, index) => {
      await folders.put(folder, () => writeFile(join(folder, String(index)), 'content'));
      await folders.settle(folder);
    }),
  );
  for (const [index, folder] of places.entries()) t.is((await stat(join(folder, String(index)))).size, 7);
});

test('a folder that cannot be created is an error for every caller that needs it, and is tried again', async (t) => {
  const root = await tempRoot(t);
  await writeFile(join(root, 'a'), 'no folder');
  const folders = new DurableFolders();
  const place = join(root, 'a/b');
  for (let round = 0; round < 2; round++) {
    const results = await Promise.allSettled([
      folders.make(place),
      folders.make(place),
      folders.make(join(place, 'c')),
    ]);
    for (const result of results) t.like(result, { status: 'rejected', reason: { code: 'ENOTDIR' } });
  }
  await rm(join(root, 'a'));
  await t.notThrowsAsync(folders.make(join(place, 'c')));
});

test('a call that found a folder does not depend on another one that fails to create it', async (t) => {
  const root = await tempRoot(t);
  const folders = new DurableFolders();
  const folder = join(root, 'a');
  const failing = [1, 2].map(() => folders.place(join(root, 'nothing'), folder));
  await mkdir(folder);
  const found = folders.settle(folder);
  for (const place of failing) await t.throwsAsync(place, { code: 'ENOENT' });
  await t.notThrowsAsync(found);
  await t.notThrowsAsync(folders.settle(folder));
});

test('of many folders with common parents that are built aside at once, each finds its place', async (t) => {
  for (let round = 0; round < 20; round++) {
    const rootFolder = await tempRoot(t);
    await using driver = await FilesystemDriver.open({ rootFolder, maxCalls: 50, warn: (text) => t.fail(text) });
    const paths = ['a/b/1', 'a/b/2', 'a/c/d/1', 'a/c/d/2', 'a/c/e/1', 'a/2', 'f/1'].map((path) =>
      at(`/v/w/${path}/file`),
    );
    await Promise.all(paths.map((path) => driver.write(path, content(10))));
    for (const path of paths) t.is((await driver.stat(path))?.size, 10);
  }
});
