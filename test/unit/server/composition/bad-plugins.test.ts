import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { logText } from '../../../helpers/processes/log-text.ts';
import { startNode } from '../../../helpers/processes/run-process.ts';
import { entriesAtLength } from '../../../helpers/running/length.ts';
import { driverSource, folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

const CLI = 'dist/bundle/bin.js';
const NEVER = 'new Promise(() => undefined)';
/** Keeps a process alive for as long as a plugin that hangs on a backend would. */
const BUSY = 'setInterval(() => undefined, 1000);';

/** Runs the command line on a configuration with this file as `bad.mjs`; every report must be a single message. */
async function refusalOf(
  t: ExecutionContext,
  { text, configuration, command = 'serve' }: { text: string; configuration: string; command?: string },
): Promise<string> {
  const folder = await folderWith(t, {
    'bad.mjs': text,
    'config.yml': `version: 0.1\nlog: {level: error}\nhttp: {addr: "127.0.0.1:0", secret: s}\n${configuration}\n`,
  });
  const { code, stdout, ...written } = await startNode([CLI, command, join(folder, 'config.yml')]).finished;
  const stderr = logText(written.stderr);
  t.is(code, 2, stderr);
  t.is(stdout, '');
  t.notRegex(stderr, /^\s+at |node:internal/m);
  const [first = '', ...facts] = stderr.trimEnd().split('\n');
  t.true(first.startsWith(`${folder}/config.yml:4: `), first);
  t.true(facts.length > 0 && facts.every((fact) => fact.startsWith('  ')), stderr);
  t.true(stderr.includes(join(folder, 'bad.mjs')), stderr);
  return stderr;
}

const DRIVER = 'storage: {./bad.mjs: {}}';
const PLUGIN = 'plugins: [./bad.mjs]\nstorage: inmemory';
const WRAPPER = 'middleware: {storage: [{name: ./bad.mjs}]}\nstorage: inmemory';
const BOUND = '() => bindPort(EVENT_SINK, { handle: async () => undefined })';

const BAD: Readonly<Record<string, readonly [text: string, configuration: string, message: RegExp]>> = {
  'a driver that throws on import': [`throw new Error('no tape');`, DRIVER, /storage driver .* failed\n {2}no tape/],
  'a driver with a syntax error': ['export default {', DRIVER, /Unexpected end of input/],
  'a driver that exports nothing': [
    '',
    DRIVER,
    /does not define any storage driver\n {2}remedy: export default defineDriver/,
  ],
  'a plugin that exports nothing': ['', PLUGIN, /does not define any plugin\n {2}remedy: export default definePlugin/],
  'a plugin where a driver stands': [
    pluginSource('event-sink', BOUND),
    DRIVER,
    /it is a plugin of the kind "event-sink", not a storage driver/,
  ],
  'a driver among the plugins': [
    `export default ${driverSource('tape')};`,
    PLUGIN,
    /it is a storage driver; name it under storage:/,
  ],
  'an event sink among the wrappers': [
    pluginSource('event-sink', BOUND),
    WRAPPER,
    /it is of the kind "event-sink"; this key takes a plugin of the kind "driver-wrapper"/,
  ],
  'a plugin of no kind that there is': [
    pluginSource('printer', BOUND),
    PLUGIN,
    /it is of the kind "printer"; the kinds are access-controller, descriptor-cache, digest-algorithm, driver-wrapper/,
  ],
  'a plugin of a later contract': [
    pluginSource('event-sink', BOUND).replace('contract: 1', 'contract: 3'),
    PLUGIN,
    /written for contract 3, this registry has 2 and accepts plugins from contract 1 on\n {2}remedy: install a newer Stowage/,
  ],
  'a driver that hangs in create()': [
    `export default ${driverSource('tape', `create: () => { ${BUSY} return ${NEVER}; },`)};`,
    `${DRIVER}\nplugintimeout: 3s`,
    /storage driver .* does not finish loading\n {2}create\(\) did not finish within 3 s/,
  ],
  'a driver that hangs in create() without anything that keeps the process alive': [
    `export default ${driverSource('tape', `create: () => ${NEVER},`)};`,
    `${DRIVER}\nplugintimeout: 3s`,
    /create\(\) did not finish within 3 s/,
  ],
  'a plugin that hangs in module()': [
    pluginSource('event-sink', `() => { ${BUSY} return ${NEVER}; }`),
    `${PLUGIN}\nplugintimeout: 3s`,
    /module\(\) did not finish within 3 s/,
  ],
  'a plugin whose import never ends': [
    `await ${NEVER};`,
    `${PLUGIN}\nplugintimeout: 3s`,
    /importing it did not finish within 3 s/,
  ],
  'a wrapper that hangs in wrap()': [
    pluginSource('driver-wrapper', `() => bindPort(DRIVER_WRAPPER, { wrap: () => ${NEVER} })`),
    `${WRAPPER}\nplugintimeout: 3s`,
    /wrap\(\) did not finish within 3 s/,
  ],
  'a driver without some of its methods': [
    `export default ${driverSource('tape', `create: async () => ({ name: 'tape', capabilities: {}, stat() {} }),`)};`,
    DRIVER,
    /storage driver .* breaks its contract\n {2}its driver lacks read, write, openWriter/,
  ],
  'a driver that claims redirects and has none': [
    `const honest = ${driverSource('tape')};
     export default { ...honest, create: async (...given) => {
       const driver = await honest.create(...given);
       return { ...driver, capabilities: { ...driver.capabilities, redirect: true } };
     } };`,
    DRIVER,
    /capabilities\.redirect is true, but redirectUrl\(\) is missing/,
  ],
  'a driver of no contract': [
    `export default ${driverSource('tape').replace('contract: 1,', '')};`,
    DRIVER,
    /its contract is undefined, this registry has 1\n {2}remedy: set contract to the integer 1/,
  ],
  'a driver under another name than default': [
    `export const driver = ${driverSource('tape')};`,
    DRIVER,
    /does not define any storage driver\n.*\n {2}it exports only driver$/m,
  ],
  'a driver whose create() fails in a timer': [
    `export default ${driverSource('tape', `create: () => { setTimeout(() => { throw new Error('late') }); return ${NEVER} },`)};`,
    DRIVER,
    /storage driver .* failed\n {2}late/,
  ],
  'a plugin that leaves a failed promise alone on import': [
    `void Promise.reject(new Error('left alone'));${pluginSource('event-sink', BOUND)}`,
    PLUGIN,
    /plugin .* failed\n {2}left alone/,
  ],
  'a driver that ends the process': [
    `export default ${driverSource('tape', 'create: () => process.exit(0),')};`,
    DRIVER,
    /storage driver .* failed\n {2}create\(\) ended the process\n/,
  ],
  'a driver whose definition throws': [
    `export default { get contract() { throw new Error('no contract today'); } };`,
    DRIVER,
    /storage driver .* failed\n {2}no contract today/,
  ],
  'a driver that throws when it is looked at': [
    `export default ${driverSource('tape', `create: async () => ({ get name() { throw new Error('no name') } }),`)};`,
    DRIVER,
    /storage driver .* failed\n {2}no name/,
  ],
  'a driver whose schema gives nothing': [
    `export default ${driverSource('tape', `options: { '~standard': { version: 1, vendor: 'x', validate() {} } },`)};`,
    DRIVER,
    /validate\(\) returned neither \{value\} nor \{issues/,
  ],
  'a driver whose schema refuses without a problem': [
    `export default ${driverSource('tape', `options: { '~standard': { version: 1, vendor: 'x', validate: () => ({ issues: [] }) } },`)};`,
    DRIVER,
    /validate\(\) returned neither \{value\} nor \{issues/,
  ],
  'a driver with a reason behind its error': [
    `export default ${driverSource('tape', `create: () => { throw new TypeError('fetch failed', { cause: new Error('refused by 1.2.3.4') }) },`)};`,
    DRIVER,
    /\n {2}fetch failed: refused by 1\.2\.3\.4\n/,
  ],
  'a plugin that binds half a port': [
    pluginSource('token-provider', '() => bindPort(TOKEN_PROVIDER, { issue() {} })'),
    PLUGIN,
    /its token provider lacks read/,
  ],
};
for (const [what, [text, configuration, message]] of entriesAtLength(Object.entries(BAD), 8)) {
  test(`${what} gives one message and exit code 2`, async (t) => {
    t.regex(await refusalOf(t, { text, configuration }), message);
  });
}

test('a syntax error comes with its line', async (t) => {
  const stderr = await refusalOf(t, { text: 'export default {', configuration: DRIVER });
  t.regex(stderr, /\n {2}SyntaxError: Unexpected end of input\n {2}at: \/.*\/bad\.mjs:1:17\n {4}export default \{\n/);
});

test('a cache without its folder reports that folder and no other option', async (t) => {
  const folder = await folderWith(t, { 'no-folder': '' });
  const wrapper = 'middleware: {storage: [{name: cache, options: {folder: ./no-folder}}]}';
  const head = 'version: 0.1\nlog: {level: error}\nhttp: {addr: "127.0.0.1:0", secret: s}';
  await writeFile(join(folder, 'config.yml'), `${head}\nstorage: inmemory\n${wrapper}\n`);
  const { code, ...written } = await startNode([CLI, 'serve', join(folder, 'config.yml')]).finished;
  const stderr = logText(written.stderr);
  t.is(code, 2);
  t.true(stderr.includes(`cache: cannot use the folder ${JSON.stringify(join(folder, 'no-folder'))}: ENOTDIR`), stderr);
  t.notRegex(stderr, /rootdirectory|\.\./);
});

test('the place of a wrong option is the one in the file, below options', async (t) => {
  const text = pluginSource('event-sink', BOUND).replace(
    'validate: (value) => ({ value })',
    `validate: () => ({ issues: [{ message: 'must be a URL', path: ['url'] }] })`,
  );
  const configuration = 'plugins: [{use: ./bad.mjs, options: {url: here}}]\nstorage: inmemory';
  const stderr = await refusalOf(t, { text, configuration });
  t.regex(stderr, /config\.yml:4: plugins\[0\]\.options\.url: must be a URL/);
});

for (const [what, [text, configuration]] of entriesAtLength(Object.entries(BAD).slice(0, 4), 1)) {
  test(`check-config finds ${what}, too`, async (t) => {
    await refusalOf(t, { text, configuration, command: 'check-config' });
  });
}

test('a plugin that hangs on import does not keep check-config from ending', async (t) => {
  const text = `${BUSY} await ${NEVER};`;
  const configuration = `${WRAPPER}\nplugintimeout: 3s`;
  t.regex(await refusalOf(t, { text, configuration, command: 'check-config' }), /importing it did not finish/);
});

test('rebuild-referrers uses the wrappers, so that a bad one stops it', async (t) => {
  const text = pluginSource('driver-wrapper', '() => bindPort(DRIVER_WRAPPER, { wrap: () => undefined })');
  const stderr = await refusalOf(t, { text, configuration: WRAPPER, command: 'rebuild-referrers' });
  t.regex(stderr, /its driver lacks name, capabilities/);
});

test('with several workers the exit code is 2 as well', async (t) => {
  const configuration = 'storage: {./bad.mjs: {}}\nhttp: {addr: "127.0.0.1:0", secret: s, workers: 2}';
  const folder = await folderWith(t, {
    'bad.mjs': `throw new Error('no tape');`,
    'config.yml': `version: 0.1\nlog: {level: error}\n${configuration}\n`,
  });
  const { code, ...written } = await startNode([CLI, 'serve', join(folder, 'config.yml')]).finished;
  const stderr = logText(written.stderr);
  t.is(code, 2, stderr);
  t.regex(stderr, /no tape/);
});

for (const workers of entriesAtLength([1, 2], 1)) {
  test(`a start with ${workers} workers names a bad driver and each bad wrapper at once`, async (t) => {
    const wrappers = '[{name: ./one.mjs}, {name: redirect}, {name: ./two.mjs}]';
    const folder = await folderWith(t, {
      'drive.mjs': `throw new Error('no tape');`,
      'one.mjs': `throw new Error('no one');`,
      'two.mjs': pluginSource('driver-wrapper', `() => { throw new Error('no two'); }`),
      'config.yml': `version: 0.1\nlog: {level: error}\nhttp: {addr: "127.0.0.1:0", secret: s, workers: ${workers}}\nstorage: {./drive.mjs: {}}\nmiddleware: {storage: ${wrappers}}\n`,
    });
    const { code, ...written } = await startNode([CLI, 'serve', join(folder, 'config.yml')]).finished;
    const stderr = logText(written.stderr);
    t.is(code, 2, stderr);
    for (const said of [/no tape/, /no one/, /baseurl: is missing; it must be a URL/, /no two/]) t.regex(stderr, said);
  });
}

test('errors and warnings of a plugin are printed without its options that are not public', async (t) => {
  const text = pluginSource(
    'event-sink',
    `({ dsn }, { warn, debug }) => {
      warn('warns of ' + dsn, { dsn });
      debug?.('debugs ' + dsn);
      throw new Error('no way to ' + dsn, { cause: new Error('as ' + dsn) });
    }`,
  );
  const configuration = 'plugins: [{use: ./bad.mjs, options: {dsn: S3cret-dsn}}]\nstorage: inmemory';
  const folder = await folderWith(t, {
    'bad.mjs': text,
    'config.yml': `version: 0.1\nlog: {level: debug}\nhttp: {addr: "127.0.0.1:0", secret: s}\n${configuration}\n`,
  });
  for (const command of [['serve'], ['check-config', '--connect']]) {
    const { stdout, stderr } = await startNode([CLI, ...command, join(folder, 'config.yml')]).finished;
    t.regex(stderr, /no way to \*{8}: as \*{8}/);
    t.regex(stdout + stderr, /warns of \*{8}/);
    t.notRegex(stdout + stderr, /S3cret-dsn/);
  }
});
