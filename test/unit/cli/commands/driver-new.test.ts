import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { startNode, startProcess } from '../../../helpers/processes/run-process.ts';
import { atLength } from '../../../helpers/running/length.ts';
import { runInProcess } from '../../../helpers/running/run-in-process.ts';

const CLI = resolve('dist/bundle/bin.js');

function driverNew(...args: readonly string[]) {
  return runInProcess(['driver', 'new', ...args]);
}

/** Runs a program with the node of this test first on the PATH. */
async function run(program: string, args: readonly string[], folder: string): Promise<string> {
  const PATH = [dirname(process.execPath), process.env['PATH']].join(delimiter);
  // npm keeps its cache in the home folder.
  const env = { PATH, HOME: tmpdir() };
  const { code, stdout, stderr } = await startProcess(program, args, { cwd: folder, env }).finished;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return stdout;
}

/** Packs Stowage and puts it beside a package as npm would, with the dependencies of this checkout. */
async function installStowage(t: ExecutionContext, folder: string): Promise<void> {
  const packs = await tempRoot(t);
  // Its scripts would build again, and rewrite the files that other tests are loading.
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', packs], resolve('.'));
  const [pack = ''] = await readdir(packs);
  const place = join(folder, 'node_modules', 'stowage');
  await mkdir(place, { recursive: true });
  await run('tar', ['-xzf', join(packs, pack), '--strip-components=1', '-C', place], folder);
  await symlink(resolve('node_modules'), join(place, 'node_modules'));
}

test('a new driver passes its tests, its types are right, and the registry finds it', async (t) => {
  t.timeout(300_000, 'packing, a hundred cases and the compiler take their time');
  const folder = join(await tempRoot(t), 'driver');
  const { code, stdout, stderr } = await driverNew('blue-sky', folder);
  t.is(code, 0, stderr);
  t.regex(
    stdout,
    /^The storage driver blue-sky is in \/.*\/driver\nProve it, with Node 24.12 or newer: cd .+ && npm install --no-save \/.+ && npm test\n/,
  );
  await installStowage(t, folder);

  // Two groups of cases, or all.
  const filter = atLength({ full: [], short: ['--', '--test-name-pattern=^(?:contract|registry): '] });
  const tested = await run('npm', ['test', ...filter], folder);
  t.regex(tested, /✔ contract: a deleted file is gone/);
  t.regex(tested, /✔ registry: an image is pushed/);
  t.regex(tested, /^ℹ fail 0$/m);
  t.regex(tested, atLength({ full: /^ℹ pass \d{3,}$/m, short: /^ℹ pass [3-9]\d$/m }));

  const types = ['--noEmit', '--checkJs', '--strict', '--target', 'esnext', '--module', 'nodenext', '--types', 'node'];
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js'));
  await run(
    process.execPath,
    [resolve('node_modules/typescript/bin/tsc'), ...types, '--typeRoots', resolve('node_modules/@types'), ...files],
    folder,
  );

  const proved = await startNode([CLI, 'driver', 'test', folder, '--group', 'ordering,registry']).finished;
  t.is(proved.code, 0, proved.stdout + proved.stderr);
  t.regex(proved.stdout, /^Storage driver blue-sky, contract 1$/m);
});

test('everything is named after the driver, and asks for the Stowage that wrote it', async (t) => {
  const folder = await tempRoot(t);
  t.is((await driverNew('mine', join(folder, 'new'))).code, 0);
  const files = (await readdir(join(folder, 'new'))).sort();
  t.deepEqual(files, [
    'README.md',
    'index.js',
    'mine-driver.js',
    'mine-driver.test.js',
    'mine-writer.js',
    'options.js',
    'package.json',
  ]);
  for (const file of files) t.notRegex(await readFile(join(folder, 'new', file), 'utf8'), /template|0\.0\.0/i, file);
  const parsed = JSON.parse(await readFile(join(folder, 'new', 'package.json'), 'utf8')) as Record<string, unknown>;
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  t.is(parsed['name'], 'stowage-driver-mine');
  t.deepEqual(parsed['peerDependencies'], { stowage: `^${version}` });
});

test('an empty folder is accepted, and one with anything in it refused and left alone', async (t) => {
  const folder = await tempRoot(t);
  t.is((await driverNew('mine', folder)).code, 0);
  await writeFile(join(folder, 'index.js'), 'changed');
  const { code, stderr } = await driverNew('mine', folder);
  t.is(code, 2);
  t.is(stderr, `stowage: the folder ${folder} is not empty; name another one; see stowage driver new --help\n`);
  t.is(await readFile(join(folder, 'index.js'), 'utf8'), 'changed');
  const onFile = await driverNew('mine', join(folder, 'index.js'));
  t.is(onFile.code, 2);
  t.regex(onFile.stderr, /is no folder that can be written to/);
});

const BAD: ReadonlyArray<readonly [name: string, why: RegExp]> = [
  ['My Driver', /take words of a-z and 0-9 with "-" between them/],
  ['../up', /take words of a-z/],
  ['a--b', /take words of a-z/],
  ['2nd', /and a letter first/],
  ['x'.repeat(61), /longer than 60/],
  ['stowage-driver-mine', /leave out stowage-driver-/],
  ['filesystem', /a driver of this name comes with Stowage/],
];

for (const [name, why] of BAD) {
  test(`${name} cannot be the name of a driver`, async (t) => {
    const folder = await tempRoot(t);
    const { code, stderr, stdout } = await driverNew(name, join(folder, 'new'));
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, /cannot be the name of a driver: /);
    t.regex(stderr, why);
    t.deepEqual(await readdir(folder), []);
  });
}
