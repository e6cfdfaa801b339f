import test from 'ava';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

const NAMED = (name: string, ...paths: string[]): string =>
  pluginSource(
    'route-extension',
    `() => bindPort(ROUTE_EXTENSION, { name: '${name}', routes: ${JSON.stringify(paths)}.map((path) => ({
      path, methods: [{ method: 'GET', access: 'none', handle: async () => ({ status: 200 }) }],
    })) })`,
  );

const MOUNTED = (mount: string, name: string): string =>
  pluginSource(
    'route-extension',
    `() => bindPort(ROUTE_EXTENSION, { name: '${name}', mount: '${mount}', routes: [
      { path: '/', methods: [{ method: 'GET', access: 'public', handle: async () => ({ status: 200 }) }] },
    ] })`,
  );

const CONFLICTS = {
  'two extensions of one name': [
    { 'a.mjs': NAMED('scan', '/a'), 'b.mjs': NAMED('scan', '/b') },
    ['./a.mjs', './b.mjs'],
    {},
    /plugins\[1\]: plugin "\.\/b\.mjs" conflicts with another plugin\n {2}the routes below \/v2\/_ext\/scan already belong to plugins\[0\]/,
  ],
  'two extensions that are mounted at one path': [
    { 'a.mjs': MOUNTED('/auth', 'a'), 'b.mjs': MOUNTED('/auth', 'b') },
    ['./a.mjs', './b.mjs'],
    {},
    /plugins\[1\]: plugin "\.\/b\.mjs" conflicts with another plugin\n {2}the routes below \/auth already belong to plugins\[0\]/,
  ],
  'extensions at a path of the registry': [
    { 'a.mjs': MOUNTED('/readyz', 'a') },
    ['./a.mjs'],
    {},
    /it is mounted at \/readyz, which belongs to the registry/,
  ],
  'an extension with the name of the admin API': [
    { 'a.mjs': NAMED('admin', '/x') },
    ['./a.mjs'],
    {},
    /it is mounted at \/v2\/_ext\/admin, which belongs to the registry/,
  ],
  'one path twice in an extension': [
    { 'a.mjs': NAMED('scan', '/<x>/list', '/<y>/list') },
    ['./a.mjs'],
    {},
    /its routes "\/<x>\/list" and "\/<y>\/list" are the same/,
  ],
  'two access controllers': [
    { 'a.mjs': pluginSource('access-controller', '() => bindPort(ACCESS_CONTROLLER, { authorize() {} })') },
    ['./a.mjs'],
    { auth: { silly: { realm: 'a', service: 'b' } } },
    /it brings the port of the kind "access-controller", which auth\.silly brings as well/,
  ],
  'two descriptor caches': [
    {
      'a.mjs': pluginSource(
        'descriptor-cache',
        '() => bindPort(DESCRIPTOR_CACHE, { get() {}, set() {}, delete() {} })',
      ),
    },
    ['./a.mjs'],
    { storage: { cache: { blobdescriptor: 'inmemory' } } },
    /which storage\.cache\.blobdescriptor brings as well/,
  ],
  'two token providers': [
    { 'a.mjs': pluginSource('token-provider', '() => bindPort(TOKEN_PROVIDER, { issue() {}, read() {} })') },
    ['./a.mjs', './a.mjs'],
    {},
    /of the kind "token-provider", which plugins\[0\] brings as well/,
  ],
} as const;
for (const [what, [files, plugins, options, message]] of Object.entries(CONFLICTS)) {
  test(`${what} stop the start`, async (t) => {
    const folder = await folderWith(t, files);
    const starting = withRegistry(t, { folder, others: { plugins }, ...options });
    const error = await t.throwsAsync(starting, { instanceOf: PluginLoadError });
    t.is(error.code, 'conflict');
    t.regex(error.message, message);
  });
}
