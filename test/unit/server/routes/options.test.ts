import test from 'ava';
import type { RouteDescriptor } from '../../../../core/api/route-descriptor.ts';
import { ROUTES } from '../../../../core/api/route-descriptors.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, type RegistryOptions, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';
import { WITH_ADMINISTRATION } from './access-cases.ts';

const EXTENSION = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'scan',
    routes: [{ path: '/<name>/report', methods: [
      { method: 'GET', access: 'pull', handle: async () => ({ status: 200 }) },
      { method: 'PUT', access: 'push', handle: async () => ({ status: 201 }) },
      { method: 'DELETE', access: 'delete', handle: async () => ({ status: 202 }) },
    ] }],
  })`,
);

const PARAMETERS: Readonly<Record<string, string>> = {
  name: 'a/b',
  reference: 'v1',
  digest: digestOf('{}'),
  uuid: '0b5d3f5e-0000-4000-8000-000000000000',
};

const ROUTES_OF_ADMINISTRATION: readonly RouteDescriptor[] = ROUTES.filter(({ name }) => name.startsWith('admin-'));
const ROUTES_OF_CONTENT: readonly RouteDescriptor[] = ROUTES.filter(({ name }) => !name.startsWith('admin-'));

const PATHS = [...ROUTES_OF_CONTENT.map(({ path }) => path), '/v2/_ext/scan/<name>/report'].map(filled);

function filled(path: string): string {
  return path.replaceAll(/<([a-z]+)>/g, (_, name: string) => PARAMETERS[name] ?? 'x');
}

const READING = ['GET, HEAD', 'GET, HEAD', 'GET, HEAD', 'GET, HEAD', 'GET, HEAD', 'GET, HEAD', '', 'GET, HEAD', 'GET'];
const READONLY_STORAGE = { others: { middleware: { storage: [{ name: 'readonly' }] } } };

/** The value of `Allow` on each of {@link PATHS}. */
const CASES: [what: string, options: RegistryOptions, allowed: string[]][] = [
  [
    'an ordinary registry',
    { storage: { delete: { enabled: true } } },
    [
      'GET, HEAD',
      'GET, HEAD',
      'GET, HEAD',
      'GET, HEAD, PUT, DELETE',
      'GET, HEAD',
      'GET, HEAD, DELETE',
      'POST',
      'GET, HEAD, PATCH, PUT, DELETE',
      'GET, PUT, DELETE',
    ],
  ],
  [
    'a registry without deletes',
    { storage: { delete: { enabled: false } } },
    [
      'GET, HEAD',
      'GET, HEAD',
      'GET, HEAD',
      'GET, HEAD, PUT',
      'GET, HEAD',
      'GET, HEAD',
      'POST',
      'GET, HEAD, PATCH, PUT, DELETE',
      'GET, PUT',
    ],
  ],
  ['a read-only registry', { storage: { maintenance: { readonly: { enabled: true } } } }, READING],
  ['a registry on a storage that is wrapped in readonly', READONLY_STORAGE, READING],
];

for (const [what, options, allowed] of CASES) {
  test(`OPTIONS of ${what} names the methods of each path, and asks for no credentials`, async (t) => {
    const folder = await folderWith(t, { 'scan.mjs': EXTENSION });
    const registry = await withRegistry(t, {
      ...options,
      folder,
      auth: { silly: { realm: 'here', service: 'registry' } },
      http: { headers: { 'Access-Control-Allow-Origin': ['https://ui.example'] } },
      others: { ...options.others, plugins: ['./scan.mjs'] },
    });
    for (const [index, path] of PATHS.entries()) {
      const answer = await registry.ask('OPTIONS', path, {
        headers: { Origin: 'https://ui.example', 'Access-Control-Request-Method': 'DELETE' },
      });
      t.is(answer.status, 200, path);
      t.is(answer.headers.allow, allowed[index], path);
      t.is(answer.headers['access-control-allow-origin'], 'https://ui.example', path);
      t.is(answer.headers['content-length'], '0', path);
      t.is(answer.headers['www-authenticate'], undefined, path);
    }
    t.is((await registry.ask('GET', '/v2/')).status, 401);
  });
}

test('OPTIONS of a path of the admin API names its methods, and only those that read in a read-only registry', async (t) => {
  const isRead = (method: string): boolean => method === 'GET' || method === 'HEAD';
  for (const isReadOnly of [false, true]) {
    const storage = { maintenance: { readonly: { enabled: isReadOnly } } };
    const registry = await withRegistry(t, { storage, others: WITH_ADMINISTRATION });
    for (const { path, methods } of ROUTES_OF_ADMINISTRATION) {
      const expected = methods.map(({ method }) => method).filter((method) => !isReadOnly || isRead(method));
      t.is((await registry.ask('OPTIONS', filled(path))).headers.allow, expected.join(', '), path);
    }
  }
});

test('a storage that is wrapped in readonly refuses every change before reading the request', async (t) => {
  const registry = await withRegistry(t, READONLY_STORAGE);
  const requests = [
    ['POST', '/v2/app/blobs/uploads/'],
    ['PUT', '/v2/app/manifests/v1'],
    ['DELETE', '/v2/app/manifests/v1'],
    ['DELETE', `/v2/app/blobs/${digestOf('{}')}`],
  ] as const;
  for (const [method, path] of requests) {
    const answer = await registry.ask(method, path, { body: '{}' });
    const [error] = assertError(t, answer, 405, 'UNSUPPORTED');
    t.deepEqual(error?.detail, { method, reason: 'the storage is read-only' });
    t.notRegex(answer.headers.allow ?? '', /PUT|POST|DELETE/);
  }
  assertError(t, await registry.ask('GET', '/v2/app/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
});

test('OPTIONS of the whole server is answered, and OPTIONS of an unknown path is 404', async (t) => {
  const registry = await withRegistry(t);
  t.is((await registry.ask('OPTIONS', '*')).status, 200);
  t.is((await registry.ask('OPTIONS', '/')).status, 200);
  assertError(t, await registry.ask('GET', '*'), 404, 'UNSUPPORTED');
  assertError(t, await registry.ask('OPTIONS', '/v2/nothing'), 404, 'UNSUPPORTED');
  assertError(t, await registry.ask('OPTIONS', '/v2/UPPER/tags/list'), 400, 'NAME_INVALID');
});
