import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { DRIVER_CONTRACT, guardDriver } from '../../../core/driver/index.ts';
import filesystem from '../../../drivers/filesystem/index.ts';
import { assertBytes, at, bodyOf, content, names, readAll } from '../../../testing/driver-case.ts';
import { driverSuite } from '../../../testing/driver-suite.ts';
import { parseOptions, pluginContext } from '../../helpers/drivers/driver-options.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

driverSuite({
  test: (title, run) => test(title, (t) => t.notThrowsAsync(run)),
  module: import.meta.resolve('../../../drivers/filesystem/index.js'),
  create: async () => {
    const root = await mkdtemp(join(tmpdir(), 'stowage-suite-'));
    const driver = await filesystem.create({ rootdirectory: root, maxthreads: 25 }, pluginContext());
    return { driver, dispose: () => rm(root, { recursive: true }), options: { rootdirectory: root } };
  },
});

const openDriver = async (root: string) =>
  guardDriver(await filesystem.create({ rootdirectory: root, maxthreads: 100 }, pluginContext()));

test('the definition names the driver and the contract', (t) => {
  t.is(filesystem.name, 'filesystem');
  t.is(filesystem.contract, DRIVER_CONTRACT);
});

test('options have the defaults of distribution, and few threads are raised to 25', async (t) => {
  const defaults = { rootdirectory: '/var/lib/registry', maxthreads: 100 };
  for (const options of [{}, null, undefined]) t.deepEqual((await parseOptions(filesystem, options)).value, defaults);
  const threads = async (maxthreads: unknown) => (await parseOptions(filesystem, { maxthreads })).value?.maxthreads;
  t.is(await threads(7), 25);
  t.is(await threads('40'), 40);
  t.is(await threads('-1'), 25);
});

test('a wrong option is named', async (t) => {
  const wrong = { rootdirectory: 7, maxthreads: 'many', rootdir: '/x' };
  const { issues } = await parseOptions(filesystem, wrong);
  t.is(issues.length, 3);
  for (const name of ['rootdirectory', 'maxthreads: must be a whole number', 'rootdir']) {
    t.true(
      issues.some((issue) => issue.includes(name)),
      `${name} in ${issues.join('; ')}`,
    );
  }
  t.is((await parseOptions(filesystem, { maxthreads: 2.5 })).issues.length, 1);
  t.is((await parseOptions(filesystem, { rootdirectory: '' })).issues.length, 1);
});

test('a relative root starts at the working folder, as in distribution', async (t) => {
  const root = await tempRoot(t);
  const relative = join(
    '..',
    ...resolve('.')
      .split('/')
      .slice(2)
      .map(() => '..'),
    root,
  );
  const driver = await openDriver(relative);
  await driver.write(at('/a'), content(3));
  assertBytes(await readFile(join(root, 'a')), content(3));
  t.pass();
});

test('a root that cannot be created is reported with its path, the reason and what to do', async (t) => {
  const root = await tempRoot(t);
  await writeFile(join(root, 'file'), '');
  const error = await t.throwsAsync(openDriver(join(root, 'file', 'root')));
  t.true(error.message.includes(join(root, 'file', 'root')));
  t.regex(error.message, /ENOTDIR/);
  t.regex(error.message, /rootdirectory/);
});

test('a path is the file of the same name below the root, with modes decided by the umask', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  await driver.write(at('/docker/registry/v2/a/link'), Buffer.from('sha256:abc'));
  t.is(await readFile(join(root, 'docker/registry/v2/a/link'), 'utf8'), 'sha256:abc');
  const umask = process.umask();
  t.is((await stat(join(root, 'docker/registry/v2/a/link'))).mode & 0o777, 0o666 & ~umask);
  t.is((await stat(join(root, 'docker/registry'))).mode & 0o777, 0o777 & ~umask);
  t.deepEqual(await readdir(join(root, 'docker/registry/v2/a')), ['link']);
});

test('the folder of the driver itself is hidden and cannot be reached', async (t) => {
  const driver = await openDriver(await tempRoot(t));
  await driver.write(at('/a/.stowage/b'), content(3));
  t.deepEqual(await names(driver, '/'), ['a']);
  t.deepEqual(await names(driver, '/a'), ['.stowage']);
  for (const path of [at('/.stowage'), at('/.stowage/tmp/x')]) {
    await t.throwsAsync(driver.stat(path), { message: /invalid-path/ });
    await t.throwsAsync(driver.read(path), { message: /invalid-path/ });
    await t.throwsAsync(driver.write(path, content(1)), { message: /invalid-path/ });
    await t.throwsAsync(driver.openWriter(path, { append: false }), { message: /invalid-path/ });
    await t.throwsAsync(names(driver, path), { message: /invalid-path/ });
    await t.throwsAsync(driver.move(at('/a/.stowage/b'), path), { message: /invalid-path/ });
    await t.throwsAsync(driver.move(path, at('/b')), { message: /invalid-path/ });
    await t.throwsAsync(driver.delete(path), { message: /invalid-path/ });
  }
});

test('write, move and delete replace a symbolic link and never reach through it', async (t) => {
  const outside = await tempRoot(t);
  await writeFile(join(outside, 'secret'), 'kept');
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  for (const name of ['written', 'started', 'moved', 'deleted'])
    await symlink(join(outside, 'secret'), join(root, name));
  await symlink(outside, join(root, 'folder'));
  await driver.write(at('/written'), content(3));
  await (await driver.openWriter(at('/started'), { append: false })).commit();
  await driver.write(at('/source'), content(4));
  await driver.move(at('/source'), at('/moved'));
  await driver.delete(at('/deleted'));
  await driver.delete(at('/folder'));
  t.deepEqual(await readdir(outside), ['secret']);
  t.is(await readFile(join(outside, 'secret'), 'utf8'), 'kept');
  t.deepEqual(await names(driver, '/'), ['moved', 'started', 'written']);
});

test('a change that need not be durable is still visible at once', async (t) => {
  const root = await tempRoot(t);
  const [driver, other] = [await openDriver(root), await openDriver(root)];
  const quick = { durable: false };
  await driver.write(at('/folder/file'), content(3), quick);
  assertBytes(await readAll(other, '/folder/file'), content(3));
  await driver.write(at('/folder/file'), content(4, 2), quick);
  assertBytes(await readAll(other, '/folder/file'), content(4, 2));
  await driver.delete(at('/folder'), quick);
  t.is(await other.stat(at('/folder/file')), undefined);
  await t.throwsAsync(driver.delete(at('/folder'), quick), { message: /not-found/ });
});

test('foreign files are listed if their names are valid: temporary ones of distribution, not lost+found', async (t) => {
  const root = await tempRoot(t);
  const driver = await openDriver(root);
  await driver.write(at('/a/link'), content(3));
  await writeFile(join(root, 'a', 'link.0b1e.tmp'), '');
  await writeFile(join(root, 'a', 'lost+found'), '');
  t.deepEqual(await names(driver, '/a'), ['link', 'link.0b1e.tmp']);
});

test('a name that is too long, or a folder or a file in the way, is invalid-path', async (t) => {
  const driver = await openDriver(await tempRoot(t));
  await driver.write(at('/folder/file'), content(3));
  for (const path of [`/${'n'.repeat(256)}`, '/folder', '/folder/file/below']) {
    await t.throwsAsync(driver.write(at(path), content(1)), { message: /invalid-path/ });
    await t.throwsAsync(driver.openWriter(at(path), { append: false }), { message: /invalid-path/ });
    await t.throwsAsync(driver.move(at('/folder/file'), at(path)), { message: /invalid-path/ });
  }
  assertBytes(await readAll(driver, '/folder/file'), content(3));
});

test('a second driver on the same root resumes an upload', async (t) => {
  const root = await tempRoot(t);
  const [first, second] = [await openDriver(root), await openDriver(root)];
  await using begun = await first.openWriter(at('/data'), { append: false });
  await begun.append(bodyOf(content(1000)));
  await using goneOn = await second.openWriter(at('/data'), { append: true });
  t.is(goneOn.size, 1000);
  t.true(goneOn.tookOver);
  await t.throwsAsync(async () => begun[Symbol.asyncDispose](), { message: /conflict/ });
  await goneOn.append(bodyOf(content(10, 2)));
  await goneOn.commit();
  assertBytes(await readAll(first, '/data'), Buffer.concat([content(1000), content(10, 2)]));
});

test('two writers of one path end without harm to the process', async (t) => {
  const driver = await openDriver(await tempRoot(t));
  await using first = await driver.openWriter(at('/data'), { append: false });
  await using second = await driver.openWriter(at('/data'), { append: true });
  await Promise.all([first.append(bodyOf(content(600_000))), second.append(bodyOf(content(600_000)))]);
  await t.throwsAsync(first.cancel(), { message: /conflict/ });
  await second.cancel();
  t.is(await driver.stat(at('/data')), undefined);
});
