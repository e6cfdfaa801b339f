import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DriverError, parseStoragePath, type StoragePath } from '../../core/driver/index.ts';
import { loadDriver } from '../../plugins/load-driver.ts';
import { PluginLoadError, type PluginPlace } from '../../plugins/plugin-load-error.ts';
import { driverSource, esmPackage, folderWith, linkStowage } from './fixture-folder.ts';

const FILE = parseStoragePath('/a/file');

function placeIn(baseFolder: string, place: Partial<PluginPlace> = {}) {
  return { at: 'storage.fixture', baseFolder, warn: () => {}, ...place };
}

async function refusalOf(t: ExecutionContext, loading: Promise<unknown>): Promise<PluginLoadError> {
  const error = await t.throwsAsync(loading, { instanceOf: PluginLoadError });
  if (error === undefined) throw new Error('nothing was thrown');
  return error;
}

test('a package named stowage-driver-<name> is found from the folder of the configuration file', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape')));
  const driver = await loadDriver('tape', { size: 7 }, placeIn(folder));
  t.is(driver.name, 'tape');
  t.is((await driver.stat(FILE))?.size, 7, 'the options reached create()');
  t.like(driver.capabilities, { baseFolder: folder }, 'the context reached create()');
});

test('a package in a node_modules further up is found as node finds it', async (t) => {
  const folder = await folderWith(t, {
    ...esmPackage('stowage-driver-tape', driverSource('tape')),
    'etc/stowage/config.yml': '',
  });
  const driver = await loadDriver('tape', {}, placeIn(join(folder, 'etc/stowage')));
  t.is(driver.name, 'tape');
});

test('the prefixed package goes before one of the plain name', async (t) => {
  const folder = await folderWith(t, {
    ...esmPackage('tape', driverSource('plain')),
    ...esmPackage('stowage-driver-tape', driverSource('prefixed')),
  });
  t.is((await loadDriver('tape', {}, placeIn(folder))).name, 'prefixed');
});

test('a package is found by its plain, its scoped and its full name', async (t) => {
  const folder = await folderWith(t, {
    ...esmPackage('tape', driverSource('plain')),
    ...esmPackage('@acme/tape', driverSource('scoped')),
    ...esmPackage('stowage-driver-reel', driverSource('full')),
  });
  t.is((await loadDriver('tape', {}, placeIn(folder))).name, 'plain');
  t.is((await loadDriver('@acme/tape', {}, placeIn(folder))).name, 'scoped');
  t.is((await loadDriver('stowage-driver-reel', {}, placeIn(folder))).name, 'full');
});

const MANIFESTS = {
  'only an import condition': { exports: { '.': { import: './entry.js' } } },
  'nested conditions': { exports: { node: { import: { types: './entry.d.ts', default: './entry.js' } } } },
  'only a default condition': { exports: { default: './entry.js' } },
  'a main field': { main: './entry.js' },
};
for (const [what, manifest] of Object.entries(MANIFESTS)) {
  test(`an ES module package with ${what} is loaded`, async (t) => {
    const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape'), manifest));
    t.is((await loadDriver('tape', {}, placeIn(folder))).name, 'tape');
  });
}

const COMMON_JS = {
  'module.exports': `module.exports = ${driverSource('tape')};`,
  'a compiled default export': `exports.__esModule = true; exports.default = ${driverSource('tape')};`,
};
for (const [what, entry] of Object.entries(COMMON_JS)) {
  test(`a CommonJS package with ${what} is loaded`, async (t) => {
    const folder = await folderWith(t, {
      'node_modules/stowage-driver-tape/package.json': '{"name":"stowage-driver-tape","main":"lib"}',
      'node_modules/stowage-driver-tape/lib/index.js': entry,
    });
    t.is((await loadDriver('tape', {}, placeIn(folder))).name, 'tape');
  });
}

test('a path starts at the folder of the configuration file', async (t) => {
  const folder = await folderWith(t, {
    'etc/drivers/tape.mjs': `export default ${driverSource('file')};`,
    'shared/reel.cjs': `module.exports = ${driverSource('upwards')};`,
  });
  const place = placeIn(join(folder, 'etc'));
  t.is((await loadDriver('./drivers/tape.mjs', {}, place)).name, 'file');
  t.is((await loadDriver('../shared/reel.cjs', {}, place)).name, 'upwards');
  t.is((await loadDriver(join(folder, 'shared/reel.cjs'), {}, place)).name, 'upwards');
});

test('a path may be the folder of a package, with exports or with main', async (t) => {
  const folder = await folderWith(t, {
    'modern/package.json': '{"name":"@me/modern","exports":{"import":"./lib/driver.mjs"}}',
    'modern/lib/driver.mjs': `export default ${driverSource('modern')};`,
    'plain/package.json': '{"main":"driver.js"}',
    'plain/driver.js': `module.exports = ${driverSource('plain')};`,
  });
  t.is((await loadDriver('./modern', {}, placeIn(folder))).name, 'modern');
  t.is((await loadDriver('./plain', {}, placeIn(folder))).name, 'plain');
});

test('a package that imports stowage/driver throws errors that the registry knows', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/stowage-driver-tape/package.json': '{"type":"module","exports":"./entry.js"}',
    'node_modules/stowage-driver-tape/entry.js': `
      import { defineDriver, DRIVER_CONTRACT, DriverError } from 'stowage/driver';
      export default defineDriver(${driverSource(
        'tape',
        `contract: DRIVER_CONTRACT,
         create: async () => ({ ...(${driverSource('tape')}), capabilities: {},
           stat: async () => { throw new DriverError('no-space'); },
           read() {}, write() {}, openWriter() {}, list() {}, move() {}, delete() {}, [Symbol.asyncDispose]() {},
         }),`,
      )});`,
  });
  await linkStowage(folder);
  const driver = await loadDriver('tape', {}, placeIn(folder));
  const error = await t.throwsAsync(driver.stat(FILE), { instanceOf: DriverError });
  t.like(error, { code: 'no-space', driver: 'tape', path: FILE });
});

test('the driver is guarded: bad paths never reach it, foreign errors are tagged, calls are observed', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape')));
  const calls: string[] = [];
  const place = { ...placeIn(folder), observe: (call: string) => void calls.push(call) };
  const driver = await loadDriver('tape', {}, place);
  await t.throwsAsync(driver.stat('no/slash' as StoragePath), { instanceOf: DriverError, code: 'invalid-path' });
  const error = await t.throwsAsync(driver.read(FILE), { instanceOf: DriverError, code: 'unavailable' });
  t.regex(String(error?.message), /tape.*\/a\/file.*disk on fire/);
  t.deepEqual(calls, ['stat', 'read']);
});

test('built-in names are taken before packages of the same name', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-filesystem', driverSource('impostor')));
  const outcome = await loadDriver('filesystem', {}, placeIn(folder)).then(
    (driver) => driver.name,
    (error: unknown) => String(error),
  );
  t.notRegex(outcome, /impostor/);
});

test('not installed: names the places, what there is, and what was probably meant', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape')));
  const error = await refusalOf(t, loadDriver('tpae', {}, placeIn(folder)));
  t.is(error.code, 'not-installed');
  t.is(error.spec, 'tpae');
  const { message } = error;
  t.regex(message, /^storage\.fixture: no storage driver "tpae" is installed$/m);
  t.regex(message, /did you mean "tape"\?/);
  t.true(message.includes(`package "stowage-driver-tpae" from ${folder}`), message);
  t.true(message.includes(`package "tpae" from ${folder}`), message);
  t.is(message.match(/tried: package/g)?.length, 4, 'both names from the YAML and from Stowage');
  t.regex(message, /built in: .*filesystem.*inmemory/);
  t.regex(message, /installed packages stowage-driver-\*: stowage-driver-tape/);
  t.true(message.includes(`npm install --prefix ${folder} stowage-driver-tpae`), message);
});

test('not installed: a built-in name with a typing error is recognised', async (t) => {
  const folder = await folderWith(t);
  const error = await refusalOf(t, loadDriver('filesytem', {}, placeIn(folder)));
  t.is(error.code, 'not-installed');
  t.regex(error.message, /did you mean "filesystem"\?/);
  t.regex(error.message, /installed packages stowage-driver-\*: none/);
});

const NO_PACKAGES = [
  '',
  'a b',
  '%',
  '@',
  '@a',
  'a/',
  'a/../b',
  'constructor',
  'fs',
  'node:fs',
  'https://localhost/x.js',
];
const RUNS = 'data:text/javascript,throw 1';
for (const name of [...NO_PACKAGES, RUNS, `file:///${RUNS}`]) {
  test(`not installed: the name ${JSON.stringify(name)} is no way in`, async (t) => {
    const folder = await folderWith(t);
    t.is((await refusalOf(t, loadDriver(name, {}, placeIn(folder)))).code, 'not-installed');
  });
}

test('not installed: a path without a file is named in full, with the nearest neighbour', async (t) => {
  const folder = await folderWith(t, { 'drivers/tape.mjs': '' });
  const error = await refusalOf(t, loadDriver('./drivers/tap.mjs', {}, placeIn(folder)));
  t.is(error.code, 'not-installed');
  t.true(error.message.includes(join(folder, 'drivers/tap.mjs')), error.message);
  t.regex(error.message, /did you mean "\.\/drivers\/tape\.mjs"\?/);
});

const LACKING = {
  'imports a package': `import 'left-out'; export default ${driverSource('tape')};`,
  'imports a file of its own': `import './left-out.js'; export default ${driverSource('tape')};`,
  'imports a package inside create()': `export default ${driverSource('tape', `create: () => import('left-out'),`)};`,
};
for (const [what, entry] of Object.entries(LACKING)) {
  test(`dependency missing: a plugin that ${what} which is not there`, async (t) => {
    const folder = await folderWith(t, {
      'node_modules/stowage-driver-tape/package.json': '{"type":"module","exports":"./entry.js"}',
      'node_modules/stowage-driver-tape/entry.js': entry,
    });
    const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
    t.is(error.code, 'dependency-missing');
    t.regex(error.message, /left-out/);
    t.true(error.message.includes(join(folder, 'node_modules/stowage-driver-tape')), error.message);
    t.true(error.message.includes(`npm install --prefix ${folder} stowage-driver-tape`), error.message);
  });
}

test('dependency missing: a CommonJS plugin that requires what is not there', async (t) => {
  const folder = await folderWith(t, { 'tape.cjs': `require('left-out'); module.exports = ${driverSource('tape')};` });
  const error = await refusalOf(t, loadDriver('./tape.cjs', {}, placeIn(folder)));
  t.is(error.code, 'dependency-missing');
  t.regex(error.message, /Cannot find module 'left-out'/);
  t.true(error.message.includes(`npm install --prefix ${folder}`), error.message);
});

test('dependency missing: a package whose entry file is not there is a damaged installation', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/stowage-driver-tape/package.json': '{"type":"module","main":"gone.js"}',
  });
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'dependency-missing');
  t.regex(error.message, /package "stowage-driver-tape" is there, but a file of it is missing/);
});

const NO_DEFINITIONS = {
  'nothing exported': '',
  'no default export': `export const driver = ${driverSource('tape')};`,
  'a default export of another kind': 'export default class Tape {};',
  'a definition without create()': `export default ${driverSource('tape', 'create: undefined,')};`,
  'options that are no schema': `export default ${driverSource('tape', 'options: {},')};`,
  'a plugin of another kind': `export default { kind: 'token-provider', name: 'tape', contract: 1 };`,
};
for (const [what, entry] of Object.entries(NO_DEFINITIONS)) {
  test(`not a plugin: ${what}`, async (t) => {
    const folder = await folderWith(t, { 'tape.mjs': entry });
    const error = await refusalOf(t, loadDriver('./tape.mjs', {}, placeIn(folder)));
    t.is(error.code, 'not-a-plugin');
    t.true(error.message.includes(`found: file ${join(folder, 'tape.mjs')}`), error.message);
  });
}

test('not a plugin: a package that exports nothing to import', async (t) => {
  const folder = await folderWith(
    t,
    esmPackage('stowage-driver-tape', driverSource('tape'), { exports: { './other': './entry.js' } }),
  );
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'not-a-plugin');
  t.regex(error.message, /No "exports" main defined/);
});

for (const [contract, remedy] of [
  [0, /install a newer version of it/],
  [2, /install a newer Stowage/],
] as const) {
  test(`wrong contract: ${contract} names both numbers and what to do`, async (t) => {
    const folder = await folderWith(
      t,
      esmPackage('stowage-driver-tape', driverSource('tape', `contract: ${contract}, create: undefined,`)),
    );
    const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
    t.is(error.code, 'wrong-contract');
    t.true(error.message.includes(`written for contract ${contract}, this Stowage has contract 1`), error.message);
    t.regex(error.message, remedy);
  });
}

test('wrong contract: a driver without some of its methods names each', async (t) => {
  const folder = await folderWith(
    t,
    esmPackage('stowage-driver-tape', driverSource('tape', `create: async () => ({ name: 'tape', stat() {} }),`)),
  );
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'wrong-contract');
  t.regex(
    error.message,
    /lacks capabilities, read, write, openWriter, list, move, delete, Symbol\(Symbol.asyncDispose\)/,
  );
});

const PICKY = driverSource(
  'tape',
  `options: { '~standard': { version: 1, vendor: 'fixture', validate: async (value) => ({ issues: [
     { message: 'must be a string, is ' + typeof value.root, path: ['root'] },
     { message: 'must be at least 1', path: [{ key: 'reels' }, 0, 'length'] },
     { message: 'unknown key "colour"' },
   ] }) } },
   create: async () => { throw new Error('create() was called'); },`,
);

test('wrong options: every problem is named with its key path and its place in the file', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', PICKY));
  const lines: Readonly<Record<string, string>> = {
    'storage.tape': 'c.yml:3',
    'storage.tape.reels.0.length': 'c.yml:9',
  };
  const place = placeIn(folder, { at: 'storage.tape', locate: (keyPath: string) => lines[keyPath] });
  const error = await refusalOf(t, loadDriver('tape', { root: 5 }, place));
  t.is(error.code, 'wrong-options');
  t.deepEqual(error.message.split('\n').slice(0, 4), [
    'c.yml:3: storage.tape: the options are wrong for storage driver "tape"',
    '  storage.tape.root: must be a string, is number',
    '  c.yml:9: storage.tape.reels.0.length: must be at least 1',
    '  c.yml:3: storage.tape: unknown key "colour"',
  ]);
});

test('a section without content is one without options', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape')));
  for (const options of [null, undefined]) {
    t.is((await (await loadDriver('tape', options, placeIn(folder))).stat(FILE))?.size, 0);
  }
});

const FAILURES = {
  'while it is imported': `throw new Error('the tape is torn');`,
  'while it checks its options': `export default ${driverSource(
    'tape',
    `options: { '~standard': { version: 1, validate: () => { throw new Error('the tape is torn'); } } },`,
  )};`,
  'while it is made ready': `export default ${driverSource('tape', `create: async () => { throw new Error('the tape is torn'); },`)};`,
};
for (const [when, entry] of Object.entries(FAILURES)) {
  test(`failed: what a plugin throws ${when} is told, and nothing stands in for it`, async (t) => {
    const folder = await folderWith(t, { 'tape.mjs': entry });
    const error = await refusalOf(t, loadDriver('./tape.mjs', {}, placeIn(folder)));
    t.is(error.code, 'failed');
    t.regex(error.message, /the tape is torn/);
    t.true(error.cause instanceof Error);
  });
}
