import test from 'ava';
// The one that is published: the plugin gets the same.
import { UnauthorizedError } from 'stowage/plugin';
import { parseRepositoryName, parseUploadId } from '../../../../core/model/reference.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { PLUGIN_CONTRACT } from '../../../../plugins/plugin.ts';
import { requestWith } from '../../../helpers/plugins/access-request.ts';
import { driverSource, folderWith, linkStowage, pluginSource } from './fixture-folder.ts';

function requestIn(baseFolder: string) {
  return { kind: 'access-controller', at: 'auth.gate', baseFolder, options: {}, warn: () => {} } as const;
}

const GATE = `
import { ACCESS_CONTROLLER, BindingModule, definePlugin, PLUGIN_CONTRACT, UnauthorizedError } from 'stowage/plugin';
const validate = (value) => typeof value.user === 'string' ? { value } : { issues: [{ message: 'needed', path: ['user'] }] };
class Gate {
  constructor(user) { this.user = user; }
  async authorize({ authorization }) {
    if (authorization !== this.user) throw new UnauthorizedError('Gate');
    return { actor: { name: this.user } };
  }
}
export default definePlugin({
  kind: 'access-controller',
  name: 'gate',
  contract: PLUGIN_CONTRACT,
  options: { '~standard': { version: 1, vendor: 'fixture', validate } },
  module: async ({ user }) => new BindingModule(({ bind }) => { bind(ACCESS_CONTROLLER).toConstantValue(new Gate(user)); }),
});`;

const GATE_PACKAGE = {
  'node_modules/stowage-auth-gate/package.json': '{"type":"module","exports":{"import":"./entry.js"}}',
  'node_modules/stowage-auth-gate/entry.js': GATE,
};

test('a package named stowage-auth-<name> binds its access controller in a container', async (t) => {
  const folder = await folderWith(t, GATE_PACKAGE);
  await linkStowage(folder);
  const { kind, ports } = await loadPlugin({ ...requestIn(folder), name: 'gate', options: { user: 'ann' } });
  t.is(kind, 'access-controller');
  const controller = ports['access-controller'];
  t.deepEqual(await controller.authorize(requestWith('ann'), []), { actor: { name: 'ann' } });
  await t.throwsAsync(controller.authorize(requestWith('bob'), []), { instanceOf: UnauthorizedError });
});

test('its wrong options are reported with their key path', async (t) => {
  const folder = await folderWith(t, GATE_PACKAGE);
  await linkStowage(folder);
  const error = await t.throwsAsync(loadPlugin({ ...requestIn(folder), name: 'gate' }), {
    instanceOf: PluginLoadError,
  });
  t.is(error.code, 'wrong-options');
  t.regex(String(error.message), /^ {2}auth\.gate\.user: needed$/m);
});

test('the built-in plugins bind their ports', async (t) => {
  const folder = await folderWith(t);
  const open = await loadPlugin({ ...requestIn(folder), name: 'none' });
  t.deepEqual(await open.ports['access-controller'].authorize(requestWith(), []), { actor: undefined });
  const kind = 'token-provider';
  const hmac = await loadPlugin({ ...requestIn(folder), kind, name: 'hmac', options: { secrets: ['shared'] } });
  const tokens = hmac.ports[kind];
  const state = { name: parseRepositoryName('a/b'), uuid: parseUploadId('u'), offset: 3, startedAt: new Date(0) };
  t.deepEqual(await tokens.read(await tokens.issue(state)), state);
});

const FIRST_CONTRACT = pluginSource(
  'access-controller',
  `() => bindPort(ACCESS_CONTROLLER, {
    authorize: async (request) => ({ user: request.authorization && Object.keys(request).join() }),
    [Symbol.dispose]: () => { throw new RegistryError('DENIED', { reason: 'disposed' }); },
  })`,
);

test('an access controller of contract 1 sees what it always saw, and its grant names the actor', async (t) => {
  const folder = await folderWith(t, { 'first.mjs': FIRST_CONTRACT });
  const { ports } = await loadPlugin({ ...requestIn(folder), name: './first.mjs' });
  const controller = ports['access-controller'];
  t.deepEqual(await controller.authorize(requestWith('x'), []), { actor: { name: 'authorization' } });
  t.deepEqual(await controller.authorize(requestWith(), []), { actor: undefined });
});

test('an access controller of contract 1 is disposed as before', async (t) => {
  const folder = await folderWith(t, { 'first.mjs': FIRST_CONTRACT });
  const { ports } = await loadPlugin({ ...requestIn(folder), name: './first.mjs' });
  const controller = ports['access-controller'] as Partial<AsyncDisposable>;
  const disposing = controller[Symbol.asyncDispose]?.() ?? Promise.resolve();
  await t.throwsAsync(Promise.resolve(disposing), { message: /disposed/ });
});

test('a driver wrapper of contract 1 shows its figures as its metrics, and is disposed as before', async (t) => {
  const source = pluginSource(
    'driver-wrapper',
    `() => bindPort(DRIVER_WRAPPER, {
      wrap: (driver) => driver,
      figures: { boundsSeconds: [7], snapshot: () => [] },
      [Symbol.asyncDispose]: async () => { throw new RegistryError('DENIED', { reason: 'disposed' }); },
    })`,
  );
  const folder = await folderWith(t, {
    'first.mjs': source,
    'second.mjs': source.replace('contract: 1', 'contract: 2'),
  });
  const request = { ...requestIn(folder), kind: 'driver-wrapper' } as const;
  const { ports } = await loadPlugin({ ...request, name: './first.mjs' });
  const wrapper = ports['driver-wrapper'];
  t.deepEqual(wrapper.metrics?.boundsSeconds, [7]);
  await t.throwsAsync(Promise.resolve((wrapper as Partial<AsyncDisposable>)[Symbol.asyncDispose]?.()), {
    message: /disposed/,
  });
  const current = await loadPlugin({ ...request, name: './second.mjs' });
  t.is(current.ports['driver-wrapper'].metrics, undefined);
});

const REFUSED = {
  'a storage driver': ['not-a-plugin', driverSource('tape')],
  'a plugin of another kind': ['not-a-plugin', `{ kind: 'token-provider', contract: ${PLUGIN_CONTRACT} }`],
  'a definition without module()': [
    'not-a-plugin',
    `{ kind: 'access-controller', name: 'x', contract: ${PLUGIN_CONTRACT} }`,
  ],
  'another contract': ['wrong-contract', `{ kind: 'access-controller', contract: ${PLUGIN_CONTRACT + 1} }`],
} as const;
for (const [what, [code, definition]] of Object.entries(REFUSED)) {
  test(`${what} is refused as an access controller: ${code}`, async (t) => {
    const folder = await folderWith(t, { 'gate.mjs': `export default ${definition};` });
    const loading = loadPlugin({ ...requestIn(folder), name: './gate.mjs' });
    const error = await t.throwsAsync(loading, { instanceOf: PluginLoadError });
    t.is(error.code, code);
  });
}

test('a module() that returns something else is refused', async (t) => {
  const options = `{ '~standard': { version: 1, validate: (value) => ({ value }) } }`;
  const definition = `{ kind: 'access-controller', name: 'gate', contract: 1, options: ${options}, module: () => ({}) }`;
  const folder = await folderWith(t, { 'gate.mjs': `export default ${definition};` });
  const loading = loadPlugin({ ...requestIn(folder), name: './gate.mjs' });
  const error = await t.throwsAsync(loading, { instanceOf: PluginLoadError });
  t.is(error.code, 'broken-contract');
  t.regex(String(error.message), /did not return a BindingModule/);
  t.regex(String(error.message), /remedy: return bindPort\(ACCESS_CONTROLLER, …\) from module\(\)/);
});

test('an unknown access controller is refused with a list of the known ones', async (t) => {
  const folder = await folderWith(t, GATE_PACKAGE);
  const loading = loadPlugin({ ...requestIn(folder), name: 'htpaswd' });
  const error = await t.throwsAsync(loading, { instanceOf: PluginLoadError });
  t.is(error.code, 'not-installed');
  const message = String(error.message);
  t.regex(message, /auth\.gate: access controller "htpaswd" is not installed/);
  t.regex(message, /did you mean "htpasswd"\?/);
  t.regex(message, /built in: none, silly, htpasswd/);
  t.regex(message, /installed packages stowage-auth-\*: stowage-auth-gate/);
});

for (const [name, request, places] of [
  ['immutable-tags', { kind: undefined, at: 'plugins[0]' }, 'middleware.registry or middleware.repository'],
  ['filesystem', { kind: undefined, at: 'plugins[0]' }, 'storage'],
  ['readonly', { kind: 'registry-wrapper', at: 'middleware.registry[0]' }, 'middleware.storage'],
  [
    'immutable-tags',
    { kind: 'driver-wrapper', at: 'middleware.storage[0]' },
    'middleware.registry or middleware.repository',
  ],
] as const) {
  test(`${name} under ${request.at} is refused with the place where it is built in, and no package is recommended`, async (t) => {
    const folder = await folderWith(t);
    const loading = loadPlugin({ ...requestIn(folder), ...request, name });
    const { message } = await t.throwsAsync(loading, { instanceOf: PluginLoadError, code: 'not-installed' });
    t.true(message.includes(`\n  "${name}" is built in: use it under ${places}\n`), message);
    t.notRegex(message, /npm install|in full/);
  });
}

for (const [what, text, said] of [
  [
    'many names',
    Array.from({ length: 300 }, (_, index) => `export const a${index} = 1;`).join('\n'),
    /it exports only a0, a1, a10, a100, a101 and 295 more$/m,
  ],
  [
    'a library as its default export',
    'export default Object.fromEntries(Array.from({ length: 300 }, (_, i) => ["k" + i, i]));',
    /its default export is an object with the keys k0, k1, k2, k3, k4 and 295 more$/m,
  ],
  ['an empty object', 'export default {};', /its default export is an object without keys$/m],
  ['a text of many lines', 'export default "long\\n".repeat(300);', /its default export is 'long.{95}…$/m],
  [
    'a list',
    'export default Array.from({ length: 300 }, (_, i) => i);',
    /its default export is \[ 0, 1, 2, 3, 4, \.\.\. 295 more items \]$/m,
  ],
] as const) {
  test(`a module that exports ${what} is described in one line`, async (t) => {
    const folder = await folderWith(t, { 'gate.mjs': text });
    const loading = loadPlugin({ ...requestIn(folder), name: './gate.mjs' });
    const { message } = await t.throwsAsync(loading, { instanceOf: PluginLoadError, code: 'not-a-plugin' });
    t.regex(message, said);
    t.is(message.split('\n').length, 5, message);
  });
}
