import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseStoragePath } from '../../../../core/driver/index.ts';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { driverSource, esmPackage, folderWith } from './fixture-folder.ts';

const FILE = parseStoragePath('/a/file');

function placeIn(baseFolder: string) {
  return { at: 'storage.fixture', baseFolder, warn: () => {} };
}

function refusalOf(t: ExecutionContext, loading: Promise<unknown>): Promise<PluginLoadError> {
  return t.throwsAsync(loading, { instanceOf: PluginLoadError });
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

test('the prefixed package takes precedence over one with the plain name', async (t) => {
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

const REQUIRED = {
  'only a require condition': { exports: { '.': { require: './entry.cjs' } } },
  'a require condition inside node': { exports: { node: { require: './entry.cjs' } } },
  'import and require conditions': { exports: { require: './missing.cjs', import: './entry.cjs' } },
};
for (const [what, manifest] of Object.entries(REQUIRED)) {
  test(`a CommonJS package with ${what} is loaded, also from its folder`, async (t) => {
    const name = 'stowage-driver-tape';
    const folder = await folderWith(t, {
      [`node_modules/${name}/package.json`]: JSON.stringify({ name, ...manifest }),
      [`node_modules/${name}/entry.cjs`]: `module.exports = ${driverSource('tape')};`,
      'here/package.json': JSON.stringify({ name: 'here', ...manifest }),
      'here/entry.cjs': `module.exports = ${driverSource('here')};`,
    });
    t.is((await loadDriver('tape', {}, placeIn(folder))).name, 'tape');
    t.is((await loadDriver('./here', {}, placeIn(folder))).name, 'here');
  });
}

test('a package that exports nothing loadable is reported as such', async (t) => {
  const folder = await folderWith(t, {
    'node_modules/tape/package.json': '{"name":"tape","exports":{"browser":"./entry.js"}}',
    'node_modules/tape/entry.js': '',
  });
  const error = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(error.code, 'not-a-plugin');
  t.regex(error.message, /exists, but has no entry that can be imported/);
});

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

test('built-in names take precedence over packages of the same name', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-inmemory', driverSource('impostor')));
  const outcome = await loadDriver('inmemory', {}, placeIn(folder)).then(
    (driver) => driver.name,
    (error: unknown) => String(error),
  );
  t.notRegex(outcome, /impostor/);
});

test('not installed: the message names the searched places, the known names, and what was probably meant', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-tape', driverSource('tape')));
  const error = await refusalOf(t, loadDriver('tpae', {}, placeIn(folder)));
  t.is(error.code, 'not-installed');
  t.is(error.spec, 'tpae');
  const { message } = error;
  t.regex(message, /^storage\.fixture: storage driver "tpae" is not installed$/m);
  t.regex(message, /did you mean "tape"\?/);
  t.true(message.includes(`package "stowage-driver-tpae" from ${folder}`), message);
  t.true(message.includes(`package "tpae" from ${folder}`), message);
  t.is(message.match(/tried: package/g)?.length, 4, 'both names from the YAML and from Stowage');
  t.regex(message, /built in: .*filesystem.*inmemory/);
  t.regex(message, /installed packages stowage-driver-\*: stowage-driver-tape/);
  t.notRegex(message, /npm install/, 'nobody has written the name of a package');
  t.regex(message, /to use a package: install it, and give its full name here/);
});

test('not installed: npm install is suggested for a package that the configuration names in full', async (t) => {
  const folder = await folderWith(t);
  for (const spec of ['stowage-driver-tape', '@me/tape']) {
    const { message } = await refusalOf(t, loadDriver(spec, {}, placeIn(folder)));
    t.true(message.includes(`to install a package: npm install --prefix ${folder} ${spec}`), message);
  }
});

for (const spec of ['s3goamz', 'swift', 'oss', 'rados']) {
  test(`the name ${spec} never stands for a package, whatever is installed`, async (t) => {
    const folder = await folderWith(t, {
      ...esmPackage(spec, 'process.exit(7)'),
      ...esmPackage(`stowage-driver-${spec}`, 'process.exit(7)'),
    });
    const error = await refusalOf(t, loadDriver(spec, {}, placeIn(folder)));
    t.is(error.code, 'not-installed');
    t.regex(error.message, new RegExp(`^storage\\.fixture: this version has no storage driver "${spec}": it `));
    t.notRegex(error.message, /npm|tried|stowage-driver/);
  });
}

test('a package whose name ends like a name of distribution is found under its full name', async (t) => {
  const folder = await folderWith(t, esmPackage('stowage-driver-s3', driverSource('mine')));
  t.is((await loadDriver('stowage-driver-s3', {}, placeIn(folder))).name, 'mine');
});

test('messages of a plugin about its options are printed without the secrets of the configuration', async (t) => {
  const folder = await folderWith(t, {
    'tape.mjs': `export default ${driverSource('tape', "create: ({ key }) => { throw new Error('bad key ' + key); },")};`,
  });
  const place = { ...placeIn(folder), secrets: ['S3cret'] };
  const error = await refusalOf(t, loadDriver('./tape.mjs', { key: 'S3cret' }, place));
  t.notRegex(error.message, /S3cret/);
  t.regex(error.message, /bad key \*{8}/);
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
  test(`not installed: the name ${JSON.stringify(name)} leads nowhere`, async (t) => {
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

test('a file or a package beside the configuration is found without ./ when nothing is installed by its name', async (t) => {
  const folder = await folderWith(t, {
    'drivers/tape.mjs': `export default ${driverSource('file')};`,
    'reel/package.json': '{"main":"reel.js"}',
    'reel/reel.js': `module.exports = ${driverSource('folder')};`,
    'spool/data': '',
    ...esmPackage('stowage-driver-spool', driverSource('package')),
  });
  t.is((await loadDriver('drivers/tape.mjs', {}, placeIn(folder))).name, 'file');
  t.is((await loadDriver('reel', {}, placeIn(folder))).name, 'folder');
  t.is((await loadDriver('spool', {}, placeIn(folder))).name, 'package');
});

test('not installed: a folder that is not a package is not used as one, and the file that was tried is named', async (t) => {
  const folder = await folderWith(t, { 'tape/data': '' });
  const { code, message } = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.is(code, 'not-installed');
  t.true(message.includes(`tried: file ${join(folder, 'tape')}`), message);
});

const ENTRIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'no manifest': { 'tape/index.js': '' },
  'a main without an extension': { 'tape/package.json': '{"main":"lib/entry"}', 'tape/lib/entry.js': '' },
  'a main that is a folder': { 'tape/package.json': '{"main":"./lib/"}', 'tape/lib/index.js': '' },
};
for (const [what, files] of Object.entries(ENTRIES)) {
  test(`a folder with ${what} is loaded as require() loads it`, async (t) => {
    const entries = Object.entries(files).map(([name, text]): [string, string] => [
      name,
      text === '' ? `module.exports = ${driverSource('tape')};` : text,
    ]);
    const folder = await folderWith(t, Object.fromEntries(entries));
    t.is((await loadDriver('./tape', {}, placeIn(folder))).name, 'tape');
  });
}

test('a folder whose exports node cannot follow without a name is reported as such', async (t) => {
  const folder = await folderWith(t, { 'tape/package.json': '{"exports":"./entry.js"}', 'tape/entry.js': '' });
  const { code, message } = await refusalOf(t, loadDriver('./tape', {}, placeIn(folder)));
  t.is(code, 'not-a-plugin');
  t.regex(message, /has "exports" but no "name": add a name/);
});

test('not installed: a link that leads nowhere is named, not suggested', async (t) => {
  const folder = await folderWith(t, { 'node_modules/x': '' });
  await symlink(join(folder, 'gone'), join(folder, 'node_modules/stowage-driver-tape'));
  const { message } = await refusalOf(t, loadDriver('tape', {}, placeIn(folder)));
  t.regex(message, /"stowage-driver-tape" in node_modules is a broken link: reinstall it/);
  t.notRegex(message, /did you mean/);
});

test('not installed: npm install is not suggested for a name that npm would take for a GitHub repository', async (t) => {
  const { message } = await refusalOf(t, loadDriver('drivers/tape.js', {}, placeIn(await folderWith(t))));
  t.notRegex(message, /npm install/);
});

test('not installed: a URL is refused because it is not a path', async (t) => {
  const { message } = await refusalOf(t, loadDriver('file:///srv/tape.js', {}, placeIn(await folderWith(t))));
  t.regex(message, /this is not a valid package name; paths begin with \.\/, \.\.\/ or \//);
});

test('not installed: a path without its extension finds the file that was meant', async (t) => {
  const folder = await folderWith(t, { 'drivers/tape.mjs': '' });
  const { message } = await refusalOf(t, loadDriver('./drivers/tape', {}, placeIn(folder)));
  t.regex(message, /did you mean "\.\/drivers\/tape\.mjs"\?/);
});
