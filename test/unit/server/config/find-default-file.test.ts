import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { DEFAULT_FILES, findDefaultFile } from '../../../../server/config/index.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

test('the files of distribution 3 and 2 are looked for, the newer first', (t) => {
  t.deepEqual(DEFAULT_FILES, ['/etc/distribution/config.yml', '/etc/docker/registry/config.yml']);
});

test('the first file that exists is taken, and none when none exists', async (t) => {
  const folder = await tempRoot(t);
  const [first, second] = [join(folder, 'a/config.yml'), join(folder, 'b/config.yml')];
  t.is(await findDefaultFile([first, second]), undefined);
  await mkdir(join(folder, 'b'));
  await writeFile(second, '');
  t.is(await findDefaultFile([first, second]), second);
  await mkdir(join(folder, 'a'));
  await writeFile(first, '');
  t.is(await findDefaultFile([first, second]), first);
});

test('a file that exists but cannot be read is chosen, so that the start fails instead of skipping it', async (t) => {
  const folder = await tempRoot(t);
  const [loop, other] = [join(folder, 'loop'), join(folder, 'other')];
  await symlink(loop, loop);
  await writeFile(other, '');
  t.is(await findDefaultFile([loop, other]), loop);
});

test('a file in place of a parent folder means that the file does not exist', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'file'), '');
  t.is(await findDefaultFile([join(folder, 'file/config.yml')]), undefined);
});
