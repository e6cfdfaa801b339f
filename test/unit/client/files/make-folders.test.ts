import { stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { makeFolders } from '../../../../client/files/make-folders.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('a folder and the missing ones above it are created with their permissions, and one that is there is left alone', async (t) => {
  const folder = join(await tempRoot(t), 'a', 'b', 'c');
  await makeFolders(folder, 0o700);
  await makeFolders(folder);
  t.is((await stat(folder)).mode & 0o777, 0o700);
  t.is((await stat(join(folder, '..'))).mode & 0o777, 0o700);
});

test('a link to a folder counts as the folder', async (t) => {
  const root = await tempRoot(t);
  await symlink(root, join(root, 'link'));
  await makeFolders(join(root, 'link', 'a'));
  t.true((await stat(join(root, 'a'))).isDirectory());
});

test('a file in the way is an error', async (t) => {
  const file = join(await tempRoot(t), 'file');
  await writeFile(file, '');
  await t.throwsAsync(makeFolders(file), { code: 'EEXIST' });
  await t.throwsAsync(makeFolders(join(file, 'below')), { code: 'ENOTDIR' });
});

const testOnLinux = process.platform === 'linux' ? test : test.skip;

testOnLinux('where nothing can be created it ends with the error of the system', async (t) => {
  await t.throwsAsync(makeFolders('/proc/none/below'), { code: 'ENOENT' });
});
