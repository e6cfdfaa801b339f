import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { pruneFolder } from '../../../../drivers/filesystem/prune-folder.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('folders without files are removed from the bottom up, others stay with what leads to a file', async (t) => {
  const root = await tempRoot(t);
  for (const folder of ['top/empty/below', 'top/full/below', 'top/full/other']) {
    await mkdir(join(root, folder), { recursive: true });
  }
  await writeFile(join(root, 'top/full/below/file'), 'x');
  await pruneFolder(join(root, 'top'));
  t.deepEqual(await readdir(join(root, 'top')), ['full']);
  t.deepEqual(await readdir(join(root, 'top/full')), ['below']);
});

test('a folder is removed with all below it if no file lies there', async (t) => {
  const root = await tempRoot(t);
  await mkdir(join(root, 'top/a/b/c'), { recursive: true });
  await pruneFolder(join(root, 'top'));
  t.deepEqual(await readdir(root), []);
});

test('a symbolic link counts as a file, and is not followed', async (t) => {
  const [root, elsewhere] = [await tempRoot(t), await tempRoot(t)];
  await mkdir(join(elsewhere, 'empty'));
  await symlink(elsewhere, join(root, 'link'));
  await pruneFolder(root);
  t.deepEqual(await readdir(root), ['link']);
  t.deepEqual(await readdir(elsewhere), ['empty']);
});

test('a missing folder and a file are left alone', async (t) => {
  const root = await tempRoot(t);
  await writeFile(join(root, 'file'), 'x');
  for (const name of ['missing', 'file']) await t.notThrowsAsync(pruneFolder(join(root, name)));
  t.deepEqual(await readdir(root), ['file']);
});
