import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { stowageSource } from '../../../../cli/driver/stowage-source.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

/** A Stowage below `node_modules` in `folder`, installed from `resolved`. */
async function installed(folder: string, resolved: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'stowage'), { recursive: true });
  const lock = { packages: { 'node_modules/stowage': { resolved } } };
  await writeFile(join(modules, '.package-lock.json'), JSON.stringify(lock));
  return join(modules, 'stowage');
}

test('a driver asks for the version of a Stowage that npm has from a registry', async (t) => {
  const folder = await tempRoot(t);
  const own = await installed(folder, 'https://registry.npmjs.org/stowage/-/stowage-0.1.0.tgz');
  t.is(await stowageSource(join(folder, 'driver'), '0.1.0', own), '^0.1.0');
});

test('a driver is tested with the archive that Stowage was installed from', async (t) => {
  const folder = await tempRoot(t);
  const own = await installed(join(folder, 'tools'), 'file:../stowage-0.1.0.tgz');
  await writeFile(join(folder, 'stowage-0.1.0.tgz'), '');
  t.is(await stowageSource(join(folder, 'drivers', 'mine'), '0.1.0', own), 'file:../../stowage-0.1.0.tgz');
});

test('a driver is tested with the installed Stowage when its archive is gone', async (t) => {
  const folder = await tempRoot(t);
  const own = await installed(folder, 'file:../stowage-0.1.0.tgz');
  t.is(await stowageSource(join(folder, 'driver'), '0.1.0', own), 'file:../node_modules/stowage');
});

test('a driver is tested with the checkout that runs the command', async (t) => {
  const folder = await tempRoot(t);
  t.is(await stowageSource(join(folder, 'driver'), '0.1.0', join(folder, 'checkout')), 'file:../checkout');
});

test('a driver asks for the version of a Stowage that no npm has installed', async (t) => {
  const folder = await tempRoot(t);
  t.is(await stowageSource(folder, '0.1.0', join(folder, 'node_modules', 'stowage')), '^0.1.0');
});
