import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DurableFolders, syncFolder } from '../../../drivers/filesystem/durability.ts';
import { tempRoot } from '../../helpers/temp-root.ts';

test('a file is put into a folder that somebody deletes again and again', async (t) => {
  const folder = join(await tempRoot(t), 'a/b');
  let attempts = 0;
  await new DurableFolders().put(folder, async () => {
    attempts += 1;
    if (attempts < 4) await rm(folder, { recursive: true, force: true });
    await writeFile(join(folder, 'file'), 'content');
  });
  t.is(attempts, 4);
});

/** Somebody deletes the folder above while the one below is being made. */
class DisturbedFolders extends DurableFolders {
  disturbances = 3;

  override make(folder: string): Promise<void> {
    return this.disturbances-- > 0 ? mkdir(join(folder, 'in what is gone/a')) : super.make(folder);
  }
}

test('a file is put although the folders above are deleted while they are made', async (t) => {
  const folder = join(await tempRoot(t), 'a/b');
  const folders = new DisturbedFolders();
  await t.notThrowsAsync(folders.put(folder, () => writeFile(join(folder, 'file'), 'content')));
  t.true(folders.disturbances < 0);
});

test('a file that can never be put is an error in the end', async (t) => {
  const folder = join(await tempRoot(t), 'a');
  const failing = new DurableFolders().put(folder, async () => {
    await rm(folder, { recursive: true, force: true });
    await writeFile(join(folder, 'file'), 'content');
  });
  await t.throwsAsync(failing, { code: 'ENOENT' });
});

test('a folder that was deleted with its entries needs no sync', async (t) => {
  const folder = join(await tempRoot(t), 'a');
  await mkdir(folder);
  await t.notThrowsAsync(syncFolder(folder));
  await rm(folder, { recursive: true });
  await t.notThrowsAsync(syncFolder(folder));
});
