import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DriverError, parseStoragePath, type StoragePath } from '../../../../core/driver/index.ts';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { PluginLoadError, type PluginPlace } from '../../../../plugins/loading/plugin-load-error.ts';
import { CAPABILITIES, driverSource, esmPackage, folderWith, linkStowage } from './fixture-folder.ts';

const FILE = parseStoragePath('/a/file');

function placeIn(baseFolder: string, place: Partial<PluginPlace> = {}) {
  return { at: 'storage.fixture', baseFolder, warn: () => {}, ...place };
}

function refusalOf(t: ExecutionContext, loading: Promise<unknown>): Promise<PluginLoadError> {
  return t.throwsAsync(loading, { instanceOf: PluginLoadError });
}

test('a package that imports stowage/driver throws errors that the registry knows', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/stowage-driver-tape/package.json': '{"type":"module","exports":"./entry.js"}',
    'node_modules/stowage-driver-tape/entry.js': `
      import { defineDriver, DRIVER_CONTRACT, DriverError } from 'stowage/driver';
      export default defineDriver(${driverSource(
        'tape',
        `contract: DRIVER_CONTRACT,
         create: async () => ({ ...(${driverSource('tape')}), capabilities: ${CAPABILITIES},
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
  t.regex(String(error.message), /tape.*\/a\/file.*disk on fire/);
  t.deepEqual(calls, ['stat', 'read']);
});

const LACKING = {
  'imports a package': `import 'left-out'; export default ${driverSource('tape')};`,
  'imports a file of its own': `import './left-out.js'; export default ${driverSource('tape')};`,
  'imports a package inside create()': `export default ${driverSource('tape', `create: () => import('left-out'),`)};`,
};
for (const [what, entry] of Object.entries(LACKING)) {
  test(`dependency missing: a plugin that ${what} which does not exist`, async (t) => {
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

for (const [what, file, entry, remedy] of [
  ['a package', 'tape.mjs', `import 'left-out';`, 'npm install --prefix {} left-out'],
  [
    'a part of a package with a scope',
    'tape.mjs',
    `import '@me/left-out/part.js';`,
    'npm install --prefix {} @me/left-out',
  ],
  ['a package by require', 'tape.cjs', `require('left-out/part');`, 'npm install --prefix {} left-out'],
  ['a file', 'tape.mjs', `import './left-out.mjs';`, 'correct the import, or add the file'],
  ['a file by require', 'tape.cjs', `require('./left-out');`, 'correct the import, or add the file'],
  ['a package of which a file is missing', 'tape.mjs', `import 'damaged';`, 'npm install --prefix {}'],
] as const) {
  test(`dependency missing: the remedy for a file that imports ${what} that is not there`, async (t) => {
    const folder = await folderWith(t, {
      [file]: entry,
      'node_modules/damaged/package.json': '{"type":"module","exports":"./entry.js"}',
    });
    const error = await refusalOf(t, loadDriver(`./${file}`, {}, placeIn(folder)));
    t.is(error.code, 'dependency-missing');
    t.true(error.message.includes(`\n  remedy: ${remedy.replace('{}', folder)}\n`), error.message);
  });
}

for (const spec of ['.', './empty']) {
  test(`not a plugin: ${spec}, a folder without a package`, async (t) => {
    const folder = await folderWith(t, { 'empty/other.mjs': '' });
    const error = await refusalOf(t, loadDriver(spec, {}, placeIn(folder)));
    t.is(error.code, 'not-a-plugin');
    const at = join(folder, spec);
    t.true(
      error.message.includes(`"${spec}" is the folder ${at}, which has neither a package.json nor an index.js`),
      error.message,
    );
  });
}

test('dependency missing: a CommonJS plugin that requires a missing module', async (t) => {
  const folder = await folderWith(t, { 'tape.cjs': `require('left-out'); module.exports = ${driverSource('tape')};` });
  const error = await refusalOf(t, loadDriver('./tape.cjs', {}, placeIn(folder)));
  t.is(error.code, 'dependency-missing');
  t.regex(error.message, /Cannot find module 'left-out'/);
  t.true(error.message.includes(`npm install --prefix ${folder}`), error.message);
});

test('dependency missing: a package whose entry file is missing is a damaged installation', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/stowage-driver-tape/package.json': '{"type":"module","main":"gone.js"}',
  });
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'dependency-missing');
  t.regex(error.message, /package "stowage-driver-tape" exists, but one of its files is missing/);
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
    t.true(error.message.includes(`written for contract ${contract}, this registry has 1`), error.message);
    t.regex(error.message, remedy);
  });
}

test('broken contract: a driver without some of its methods names each', async (t) => {
  const folder = await folderWith(
    t,
    esmPackage('stowage-driver-tape', driverSource('tape', `create: async () => ({ name: 'tape', stat() {} }),`)),
  );
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'broken-contract');
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
    'storage.tape.reels[0].length': 'c.yml:9',
  };
  const place = placeIn(folder, { at: 'storage.tape', locate: (keyPath: string) => lines[keyPath] });
  const error = await refusalOf(t, loadDriver('tape', { root: 5 }, place));
  t.is(error.code, 'wrong-options');
  t.deepEqual(error.message.split('\n').slice(0, 4), [
    'c.yml:3: storage.tape: storage driver "tape" has wrong options',
    '  storage.tape.root: must be a string, is number',
    '  c.yml:9: storage.tape.reels[0].length: must be at least 1',
    '  c.yml:3: storage.tape: unknown key "colour"',
  ]);
});

test('an error of several lines that a plugin throws stays below its key', async (t) => {
  const folder = await folderWith(t, { 'tape.mjs': `throw new Error('torn:\\n  here\\nand there');` });
  const error = await refusalOf(t, loadDriver('./tape.mjs', {}, placeIn(folder)));
  t.deepEqual(error.message.split('\n').slice(1, 4), ['  torn:', '    here', '    and there']);
});

test('a section without content counts as one without options', async (t) => {
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
  test(`failed: an error that a plugin throws ${when} is reported, and nothing replaces the plugin`, async (t) => {
    const folder = await folderWith(t, { 'tape.mjs': entry });
    const error = await refusalOf(t, loadDriver('./tape.mjs', {}, placeIn(folder)));
    t.is(error.code, 'failed');
    t.regex(error.message, /the tape is torn/);
    t.true(error.cause instanceof Error);
  });
}
