import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

/** The archive of Stowage, which is made once. */
let pack: Promise<string> | undefined;
let packs: string | undefined;

async function packStowage(): Promise<string> {
  packs = await mkdtemp(join(tmpdir(), 'stowage-pack-'));
  // Its scripts would build again, and rewrite the files that other tests are loading.
  await run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', packs], resolve('.'));
  const [name = ''] = await readdir(packs);
  return join(packs, name);
}

test.after.always('the archive is removed', async () => {
  if (packs !== undefined) await rm(packs, { recursive: true });
});

/** Puts the archive of Stowage beside a package as npm would, with the dependencies of this checkout and the compiler. */
async function installStowage(folder: string): Promise<void> {
  pack ??= packStowage();
  const place = join(folder, 'node_modules', 'stowage');
  await mkdir(place, { recursive: true });
  await run('tar', ['-xzf', await pack, '--strip-components=1', '-C', place], folder);
  await symlink(resolve('node_modules'), join(place, 'node_modules'));
  for (const name of ['typescript', '@types', 'undici-types', '.bin']) {
    await symlink(resolve('node_modules', name), join(folder, 'node_modules', name));
  }
}

// Two groups of cases, or all.
const FILTER = atLength({ full: [], short: ['--', '--test-name-pattern=^(?:contract|registry): '] });

function assertProved(t: ExecutionContext, tested: string): void {
  t.regex(tested, /✔ contract: a deleted file is gone/);
  t.regex(tested, /✔ registry: an image is pushed/);
  t.regex(tested, /^ℹ fail 0$/m);
  t.regex(tested, atLength({ full: /^ℹ pass \d{3,}$/m, short: /^ℹ pass [3-9]\d$/m }));
}

test('a new driver passes its tests, its types are right, and the registry finds it', async (t) => {
  t.timeout(300_000, 'packing, a hundred cases and the compiler take their time');
  const folder = join(await tempRoot(t), 'driver');
  const { code, stdout, stderr } = await driverNew('blue-sky', folder);
  t.is(code, 0, stderr);
  t.regex(
    stdout,
    /^The storage driver blue-sky is in \/.*\/driver\nProve it, with Node 24.12 or newer: cd .+ && npm install && npm test\n/,
  );
  await installStowage(folder);
  assertProved(t, await run('npm', ['test', ...FILTER], folder));

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

test('a new driver in TypeScript compiles, passes its tests, and is published as JavaScript with types', async (t) => {
  t.timeout(300_000, 'packing, a hundred cases and the compiler take their time');
  const folder = join(await tempRoot(t), 'driver');
  const { code, stdout, stderr } = await driverNew('blue-sky', folder, '--typescript');
  t.is(code, 0, stderr);
  t.regex(stdout, /\nThen replace the map in src\/blue-sky-driver.ts with your store\n/);
  await installStowage(folder);
  assertProved(t, await run('npm', ['test', ...FILTER], folder));
  const packed = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], folder);
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  t.deepEqual(
    files.map(({ path }) => path).filter((path) => !path.endsWith('.map')),
    [
      'README.md',
      ...['blue-sky-driver', 'blue-sky-writer', 'index', 'options'].flatMap((name) => [
        `dist/src/${name}.d.ts`,
        `dist/src/${name}.js`,
      ]),
      'package.json',
    ],
  );
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
  for (const file of files) {
    t.notRegex(await readFile(join(folder, 'new', file), 'utf8'), /template|0\.0\.0|stowage-source/i, file);
  }
  const parsed = JSON.parse(await readFile(join(folder, 'new', 'package.json'), 'utf8')) as Record<string, unknown>;
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  t.is(parsed['name'], 'stowage-driver-mine');
  t.deepEqual(parsed['peerDependencies'], { stowage: `^${version}` });
  const { stowage = '' } = parsed['devDependencies'] as Record<string, string>;
  t.is(resolve(folder, 'new', stowage.replace(/^file:/, '')), resolve('.'));
});

test('an empty folder is accepted, and one with anything in it refused and left alone', async (t) => {
  const folder = await tempRoot(t);
  t.is((await driverNew('mine', folder)).code, 0);
  await writeFile(join(folder, 'index.js'), 'changed');
  const { code, stderr } = await driverNew('mine', folder);
  t.is(code, 2);
  t.is(stderr, `stowage: the folder ${folder} is not empty; choose another one; see stowage driver new --help\n`);
  t.is(await readFile(join(folder, 'index.js'), 'utf8'), 'changed');
  const onFile = await driverNew('mine', join(folder, 'index.js'));
  t.is(onFile.code, 2);
  t.regex(onFile.stderr, /it is not a folder/);
});

const BAD: ReadonlyArray<readonly [name: string, why: RegExp]> = [
  ['My Driver', /use words of a-z and 0-9, separated by "-"/],
  ['../up', /use words of a-z/],
  ['a--b', /use words of a-z/],
  ['2nd', /begin with a letter/],
  ['x'.repeat(61), /longer than 60/],
  ['stowage-driver-mine', /leave out stowage-driver-/],
  ['filesystem', /Stowage has a built-in driver of this name/],
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
