import test, { type ExecutionContext } from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, type Registry, type RegistryOptions, withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

async function withImage(t: ExecutionContext, options: RegistryOptions = {}): Promise<Registry> {
  const registry = await withRegistry(t, options);
  await registry.pushImage('u/a', 'v1');
  return registry;
}

const SAME = [
  '/v2/u%2Fa/tags/list',
  '/v2/u%2fa/tags/list',
  '/v2/%75/a/tags/list',
  '/v2%2Fu/a/tags/list',
  '/v2/u/a/tags%2Flist',
  '/v2/u/a%2Ftags%2Flist',
  '/%76%32/u/a/tags/list',
];

test('a path with escapes counts as the path that it stands for', async (t) => {
  const registry = await withImage(t);
  for (const path of SAME) {
    const answer = await registry.ask('GET', path);
    t.is(answer.status, 200, path);
    t.deepEqual(JSON.parse(answer.text), { name: 'u/a', tags: ['v1'] });
  }
  t.is((await registry.ask('HEAD', `/v2/u%2Fa/blobs/${digestOf('{}').replace(':', '%3A')}`)).status, 200);
  t.is((await registry.ask('GET', '/v2/u/a/manifests/%76%31')).status, 200);
  const begun = await registry.ask('POST', '/v2/u%2Fa/blobs/uploads/');
  t.regex(begun.headers.location ?? '', /^http:\/\/[^/]+\/v2\/u\/a\/blobs\/uploads\/[^/]+$/);
});

/** Escapes that could bypass an earlier check of the path. */
const HOSTILE: [path: string, status: number][] = [
  ['/v2/u/%2e%2e/u/a/tags/list', 404],
  ['/v2/u/../u/a/tags/list', 404],
  ['/v2/u%2F..%2Fu/a/tags/list', 404],
  ['/v2/u%2F%2e%2E%2fu/a/tags/list', 404],
  ['/v2/u/%252e%252e/u/a/tags/list', 404],
  ['/v2/./u/a/tags/list', 404],
  ['/v2//../u/a/tags/list', 404],
  ['/v2/u%252Fa/tags/list', 400],
  ['/v2/u%2F%2Fa/tags/list', 400],
  ['/v2/%2Fu/a/tags/list', 400],
  ['/v2/u/a%00/tags/list', 400],
  ['/v2/u/a%0a/tags/list', 404],
  ['/v2/u/%ff/tags/list', 400],
  ['/v2/u/%c0%ae/tags/list', 400],
  ['/v2/u/%ed%a0%80/tags/list', 400],
  ['/v2/u/%zz/tags/list', 400],
  ['/v2/u%2Fa%2/tags/list', 400],
  ['/v2/u%5Ca/tags/list', 400],
  ['/v2/u/a/tags/list%3Fn=1', 404],
  ['/v2/u/a/tags/list%2F', 404],
  ['/v2/u/a/manifests/x%2Fv1', 404],
  ['/V2/', 404],
];

test('an escape that hides something is refused', async (t) => {
  const registry = await withImage(t);
  for (const [path, status] of HOSTILE) {
    const answer = await registry.ask('GET', path);
    t.is(answer.status, status, `${path}: ${answer.text}`);
    t.is(answer.headers.location, undefined, path);
    assertError(t, answer, status, status === 400 ? 'NAME_INVALID' : 'UNSUPPORTED');
  }
});

const REDIRECTED: [path: string, target: string][] = [
  ['//v2/', '/v2/'],
  ['///v2/', '/v2/'],
  ['/v2//', '/v2/'],
  ['//v2', '/v2'],
  ['//', '/'],
  ['/v2/_catalog/', '/v2/_catalog'],
  ['//v2/u/a/tags/list?n=1&last=x//y', '/v2/u/a/tags/list?n=1&last=x//y'],
  ['/v2//u/a/tags/list', '/v2/u/a/tags/list'],
  ['/v2/u//a/tags/list', '/v2/u/a/tags/list'],
  ['/v2/u/a/tags/list/', '/v2/u/a/tags/list'],
  ['/v2/u/a/tags/list//', '/v2/u/a/tags/list'],
  ['/v2/u/a/manifests/v1/', '/v2/u/a/manifests/v1'],
  ['/v2/u/a/blobs/uploads//', '/v2/u/a/blobs/uploads/'],
  ['//v2/u%2Fa/tags/list', '/v2/u%2Fa/tags/list'],
];

for (const [method, status] of [
  ['GET', 301],
  ['HEAD', 301],
  ['POST', 308],
  ['PUT', 308],
  ['DELETE', 308],
] as const) {
  test(`${method} with a superfluous slash is redirected with ${status}, without asking for credentials`, async (t) => {
    const registry = await withRegistry(t, { auth: { silly: { realm: 'here', service: 'registry' } } });
    for (const [path, target] of REDIRECTED) {
      const body = method === 'PUT' ? 'body' : undefined;
      const answer = await registry.ask(method, path, { body });
      t.is(answer.status, status, path);
      t.is(answer.headers.location, target);
      t.is(answer.text, '');
    }
  });
}

test('a path with superfluous slashes that leads nowhere is 404, and no redirect leads to another host', async (t) => {
  const registry = await withRegistry(t);
  for (const path of [
    `/v2/_catalog/?last=${'a'.repeat(9000)}`,
    '//example.com/v2/',
    '//example.com',
    '/\\example.com/v2/',
    '/v2/nothing/',
    '//v2/../v2/',
    '//.',
  ]) {
    const answer = await registry.ask('GET', path);
    assertError(t, answer, 404, 'UNSUPPORTED');
    t.is(answer.headers.location, undefined, path);
  }
});

test('superfluous slashes are redirected below http.prefix, too', async (t) => {
  const registry = await withRegistry(t, { http: { prefix: '/team' } });
  t.is((await registry.ask('GET', '/team//v2/')).headers.location, '/team/v2/');
  t.is((await registry.ask('GET', '/team/v2/_catalog/')).headers.location, '/team/v2/_catalog');
  assertError(t, await registry.ask('GET', '//v2/'), 404, 'UNSUPPORTED');
});

const EXTENSION = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'scan',
    routes: [{ path: '/<name>/report/<id>', methods: [
      { method: 'GET', access: 'pull', handle: async ({ repository, parameters, path }) => ({
        status: 200, body: [repository, parameters.name, parameters.id, path].join(' '),
      }) },
    ] }],
  })`,
);

test('a parameter of an extension may have an escaped slash, and its repository any escape', async (t) => {
  const folder = await folderWith(t, { 'scan.mjs': EXTENSION });
  const registry = await withRegistry(t, { folder, others: { plugins: ['./scan.mjs'] } });
  const path = '/v2/_ext/scan/u%2F%61/report/x%2Fy%3F';
  t.is((await registry.ask('GET', path)).text, `u/a u/a x/y? ${path}`);
  t.is((await registry.ask('GET', `/${path}/`)).headers.location, path);
  for (const hostile of ['u%2F..%2Fa', 'u%2F%2Fa', '%zz', 'u%00', '%5Fext']) {
    assertError(t, await registry.ask('GET', `/v2/_ext/scan/${hostile}/report/x`), 400, 'NAME_INVALID');
  }
  assertError(t, await registry.ask('GET', '/v2/_ext/scan/u/%2e%2e/report/x'), 404, 'UNSUPPORTED');
});
