import test from 'ava';
import { driverProblems } from '../../../../plugins/kinds/storage-driver.ts';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { loadPlugin } from '../../../../plugins/loading/load-plugin.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import type { PluginKind } from '../../../../plugins/plugin.ts';
import { folderWith, pluginSource } from '../loading/fixture-folder.ts';

const BOUND: Readonly<Record<PluginKind, readonly [token: string, port: string, lacks: RegExp]>> = {
  'access-controller': ['ACCESS_CONTROLLER', '{ authorize() {} }', /access controller lacks authorize/],
  'descriptor-cache': ['DESCRIPTOR_CACHE', '{ get() {}, set() {}, delete() {} }', /cache lacks get, set, delete/],
  'digest-algorithm': [
    'DIGEST_ALGORITHM',
    `{ name: 'none', hexLength: 2, createHash: () => ({ update() {}, digest: () => '00' }) }`,
    /digest algorithm lacks name, createHash/,
  ],
  'driver-wrapper': ['DRIVER_WRAPPER', '{ wrap() {} }', /driver wrapper lacks wrap/],
  'event-sink': ['EVENT_SINK', '{ handle() {} }', /event sink lacks handle/],
  'registry-wrapper': ['REGISTRY_WRAPPER', '{ wrap() {} }', /registry wrapper lacks wrap/],
  'route-extension': [
    'ROUTE_EXTENSION',
    `{ name: 'x', routes: [{ path: '/a', methods: [{ method: 'GET', access: 'none', handle() {} }] }] }`,
    /route extension lacks name, routes/,
  ],
  'token-provider': ['TOKEN_PROVIDER', '{ issue() {}, read() {} }', /token provider lacks issue, read/],
};

for (const [kind, [token, port, lacks]] of Object.entries(BOUND) as [PluginKind, (typeof BOUND)[PluginKind]][]) {
  test(`a plugin of the kind ${kind} binds ${token}`, async (t) => {
    const baseFolder = await folderWith(t, { 'p.mjs': pluginSource(kind, `() => bindPort(${token}, ${port})`) });
    const place = { at: 'plugins[0]', baseFolder, options: {}, warn: () => {} };
    const { kind: found, ports } = await loadPlugin({ ...place, name: './p.mjs' });
    t.is(found, kind);
    t.deepEqual(Object.keys(ports), [kind]);
  });

  test(`a plugin of the kind ${kind} that binds an incomplete object gets an error that names what it lacks`, async (t) => {
    const baseFolder = await folderWith(t, { 'p.mjs': pluginSource(kind, `() => bindPort(${token}, {})`) });
    const place = { at: 'plugins[0]', baseFolder, options: {}, warn: () => {} };
    const error = await t.throwsAsync(loadPlugin({ ...place, name: './p.mjs' }), { instanceOf: PluginLoadError });
    t.is(error.code, 'broken-contract');
    t.regex(error.message, lacks);
  });

  test(`a plugin of the kind ${kind} that binds nothing gets an error that names what it has to bind`, async (t) => {
    const baseFolder = await folderWith(t, { 'p.mjs': pluginSource(kind, '() => new BindingModule(() => {})') });
    const place = { at: 'plugins[0]', baseFolder, options: {}, warn: () => {} };
    const error = await t.throwsAsync(loadPlugin({ ...place, name: './p.mjs' }), { instanceOf: PluginLoadError });
    t.is(error.code, 'broken-contract');
    t.true(error.message.includes(`its module() does not bind ${token}`), error.message);
    t.true(error.message.includes(`remedy: return bindPort(${token}, …) from module()`), error.message);
  });
}

test('a plugin may bind ports of other kinds beside its own', async (t) => {
  const module = `() => {
    const seen = [];
    return new BindingModule(({ bind }) => {
      bind(EVENT_SINK).toConstantValue({ handle: async (event) => void seen.push(event) });
      bind(ROUTE_EXTENSION).toConstantValue(${BOUND['route-extension'][1]});
    });
  }`;
  const baseFolder = await folderWith(t, { 'p.mjs': pluginSource('event-sink', module) });
  const place = { at: 'plugins[0]', baseFolder, options: {}, warn: () => {} };
  const { ports } = await loadPlugin({ ...place, name: './p.mjs' });
  t.deepEqual(Object.keys(ports).sort(), ['event-sink', 'route-extension']);
});

const METHOD = `{ method: 'GET', access: 'none', handle() {} }`;
const BAD_ROUTES = {
  'a name with capitals': [`{ name: 'My', routes: [{ path: '/a', methods: [${METHOD}] }] }`, /has the name "My"/],
  'no routes': [`{ name: 'x', routes: [] }`, /not a list of routes/],
  'a path without a slash': [`{ name: 'x', routes: [{ path: 'a', methods: [${METHOD}] }] }`, /"a" is not a path/],
  'a path with dot segments': [`{ name: 'x', routes: [{ path: '/../a', methods: [${METHOD}] }] }`, /is not a path/],
  'a part that is named twice': [
    `{ name: 'x', routes: [{ path: '/<a>/<a>', methods: [${METHOD}] }] }`,
    /names a part twice/,
  ],
  'no methods': [`{ name: 'x', routes: [{ path: '/a' }] }`, /"\/a" has no list of methods/],
  'a method twice': [`{ name: 'x', routes: [{ path: '/a', methods: [${METHOD}, ${METHOD}] }] }`, /a method twice/],
  'an unknown method': [
    `{ name: 'x', routes: [{ path: '/a', methods: [{ method: 'BREW', access: 'none', handle() {} }] }] }`,
    /has the method "BREW"; expected one of GET, HEAD, POST/,
  ],
  'an unknown access': [
    `{ name: 'x', routes: [{ path: '/a', methods: [{ method: 'GET', access: 'all', handle() {} }] }] }`,
    /requires the access "all" with GET; expected one of pull, push/,
  ],
  'a repository’s access without a repository': [
    `{ name: 'x', routes: [{ path: '/a', methods: [{ method: 'GET', access: 'pull', handle() {} }] }] }`,
    /requires "pull" without a repository; add <name> to its path/,
  ],
  'no handler': [
    `{ name: 'x', routes: [{ path: '/a', methods: [{ method: 'GET', access: 'none' }] }] }`,
    /has no handle\(\) for GET/,
  ],
} as const;
for (const [what, [port, message]] of Object.entries(BAD_ROUTES)) {
  test(`a route extension with ${what} is refused`, async (t) => {
    const text = pluginSource('route-extension', `() => bindPort(ROUTE_EXTENSION, ${port})`);
    const baseFolder = await folderWith(t, { 'p.mjs': text });
    const place = { at: 'plugins[0]', baseFolder, options: {}, warn: () => {} };
    const error = await t.throwsAsync(loadPlugin({ ...place, name: './p.mjs' }), { instanceOf: PluginLoadError });
    t.is(error.code, 'broken-contract');
    t.regex(error.message, message);
  });
}

const LIES = {
  locality: ['near', 'capabilities.locality must be "local" or "remote", found \'near\''],
  persistent: [1, 'capabilities.persistent must be true or false, found 1'],
  atomicMove: [undefined, 'capabilities.atomicMove must be true or false, found nothing'],
  redirect: [true, 'capabilities.redirect is true, but redirectUrl() is missing'],
  hidesEmptyFolders: [1, 'capabilities.hidesEmptyFolders must be true or false, or be omitted, found 1'],
  conditionalWrites: ['no', "capabilities.conditionalWrites must be true or false, or be omitted, found 'no'"],
  minAppendBytes: [-1, 'capabilities.minAppendBytes must be a whole number, 0 or more, found -1'],
} as const;
for (const [capability, [claim, problem]] of Object.entries(LIES)) {
  test(`a driver whose ${capability} is ${String(claim)} is detected without calling it`, async (t) => {
    const honest = await loadDriver('inmemory', {}, { at: 'storage.inmemory', baseFolder: '.', warn: () => {} });
    t.deepEqual(driverProblems(honest), []);
    const capabilities = { ...honest.capabilities, [capability]: claim };
    const lying = new Proxy(honest, {
      get: (target, key) => (key === 'capabilities' ? capabilities : (Reflect.get(target, key, target) as unknown)),
    });
    t.deepEqual(driverProblems(lying), [problem]);
  });
}

test('every false claim of a driver is reported at once', (t) => {
  const method = async (): Promise<void> => undefined;
  const driver = {
    ...{ name: 'tape', stat: method, read: method, write: method, openWriter: method, list: method },
    ...{ move: method, delete: method, [Symbol.asyncDispose]: method },
    redirectUrl: 'https://localhost',
    capabilities: { locality: 'local', shared: 'yes', minAppendBytes: 0.5 },
  };
  t.deepEqual(driverProblems(driver), [
    'capabilities.persistent must be true or false, found nothing',
    "capabilities.shared must be true or false, found 'yes'",
    'capabilities.atomicMove must be true or false, found nothing',
    'capabilities.strongListing must be true or false, found nothing',
    'capabilities.hidesUncommitted must be true or false, found nothing',
    'capabilities.exclusiveWriters must be true or false, found nothing',
    'capabilities.redirect must be true or false, found nothing',
    'capabilities.minAppendBytes must be a whole number, 0 or more, found 0.5',
    "redirectUrl must be a function, found 'https://localhost'",
  ]);
});
