import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { startNode } from '../../helpers/processes/run-process.ts';

/** Where a process keeps compiled code that may keep it in `folder`; empty if nowhere. */
async function placeOf(folder: string, env: Readonly<Record<string, string>>): Promise<string> {
  const script = `
    import { getCompileCacheDir } from 'node:module';
    import { keepCompiledCode } from './dist/cli/compiled-code.js';
    keepCompiledCode(${JSON.stringify(folder)}, process.env);
    process.stdout.write(getCompileCacheDir() ?? '');`;
  const args = ['--input-type=module', '--eval', script];
  // Otherwise the cache of these tests would go first.
  return (await startNode(args, { NODE_COMPILE_CACHE: '', ...env }).finished).stdout;
}

test('compiled code is kept in the folder that is given, which no other user can read', async (t) => {
  const folder = join(await tempRoot(t), 'package', 'compiled');
  t.true((await placeOf(folder, {})).startsWith(`${folder}/`));
  t.is((await stat(folder)).mode & 0o777, 0o700);
});

for (const [what, mode] of [
  ['the group', 0o770],
  ['everybody', 0o1777],
] as const) {
  test(`compiled code is kept for the user where ${what} may write to the folder that is given`, async (t) => {
    const [folder, home] = [await tempRoot(t), await tempRoot(t)];
    await chmod(folder, mode);
    t.true((await placeOf(folder, { HOME: home })).startsWith(join(home, '.cache/stowage/')));
    t.deepEqual(await readdir(folder), []);
  });
}

test('the cache folder of the user is where XDG_CACHE_HOME says', async (t) => {
  const [folder, caches] = [await tempRoot(t), await tempRoot(t)];
  await chmod(folder, 0o777);
  t.true((await placeOf(folder, { XDG_CACHE_HOME: caches })).startsWith(join(caches, 'stowage/')));
});

test('compiled code is not kept where others may write to every place, or to the folder above it', async (t) => {
  const [folder, caches] = [await tempRoot(t), await tempRoot(t)];
  await Promise.all([folder, caches].map((each) => chmod(each, 0o777)));
  t.is(await placeOf(folder, { XDG_CACHE_HOME: caches }), '');
  await chmod(caches, 0o700);
  await mkdir(join(caches, 'stowage'));
  await chmod(join(caches, 'stowage'), 0o777);
  t.is(await placeOf(folder, { XDG_CACHE_HOME: caches }), '');
});

test('the variable of Node goes first', async (t) => {
  const [folder, other] = [await tempRoot(t), await tempRoot(t)];
  t.true((await placeOf(folder, { NODE_COMPILE_CACHE: other })).startsWith(`${other}/`));
  t.is(await placeOf(folder, { NODE_DISABLE_COMPILE_CACHE: '1' }), '');
});
