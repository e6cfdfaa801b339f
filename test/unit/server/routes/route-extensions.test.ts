import { Readable } from 'node:stream';
import test, { type ExecutionContext } from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

const ROUTES = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'scan',
    routes: [
      { path: '/state', methods: [
        { method: 'GET', access: 'none', handle: async ({ query, headers, user, requestId }) => ({
          status: 200,
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ q: query.get('q'), agent: headers['user-agent'], user, requestId }),
        }) },
        { method: 'HEAD', access: 'none', handle: async () => ({ status: 200, body: 'unseen' }) },
      ] },
      { path: '/<name>/reports/<id>', methods: [
        { method: 'GET', access: 'pull', handle: async ({ repository, parameters }) => ({
          status: 200,
          body: (async function* () { yield Buffer.from(repository + ' '); yield Buffer.from(parameters.id); })(),
        }) },
        { method: 'PUT', access: 'push', handle: async ({ body }) => {
          let bytes = 0;
          for await (const chunk of body) bytes += chunk.byteLength;
          return { status: 201, body: Buffer.from(String(bytes)) };
        } },
        { method: 'PATCH', access: 'push', handle: async ({ readBody }) => ({ status: 200, body: await readBody(1024) }) },
        { method: 'DELETE', access: 'delete', handle: async () => ({ status: 202 }) },
      ] },
      { path: '/<name>/tags/list', methods: [
        { method: 'GET', access: 'pull', handle: async () => ({ status: 200, body: 'mine' }) },
      ] },
      { path: '/fail/<how>', methods: [
        { method: 'GET', access: 'none', handle: async ({ parameters }) => {
          if (parameters.how === 'known') throw new RegistryError('TOOMANYREQUESTS', { of: 'scan' });
          if (parameters.how === 'status') return { status: 99 };
          if (parameters.how === 'nothing') return undefined;
          throw new Error('secret inside');
        } },
      ] },
    ],
  })`,
);

async function withRoutes(t: ExecutionContext, options: object = {}) {
  const folder = await folderWith(t, { 'routes.mjs': ROUTES });
  return withRegistry(t, { folder, others: { plugins: ['./routes.mjs'] }, ...options });
}

test('a route extension answers below /v2/_ext/<name> with the results of its handlers', async (t) => {
  const registry = await withRoutes(t);
  const state = await registry.ask('GET', '/v2/_ext/scan/state?q=a%20b', { headers: { 'User-Agent': 'test' } });
  t.is(state.status, 200);
  t.is(state.headers['content-type'], 'application/json');
  t.is(state.headers['docker-distribution-api-version'], 'registry/2.0');
  t.deepEqual(JSON.parse(state.text), { q: 'a b', agent: 'test', requestId: state.headers['x-request-id'] });
  const head = await registry.ask('HEAD', '/v2/_ext/scan/state');
  t.deepEqual([head.status, head.text], [200, '']);
  t.is((await registry.ask('GET', '/v2/_ext/scan/a/b/reports/7%2F8')).text, 'a/b 7/8');
  const put = await registry.ask('PUT', '/v2/_ext/scan/a/reports/1', { body: 'five!' });
  t.deepEqual([put.status, put.text], [201, '5']);
  t.is((await registry.ask('DELETE', '/v2/_ext/scan/a/reports/1')).status, 202);
  t.is((await registry.ask('GET', '/v2/_ext/scan/a/tags/list')).text, 'mine');
});

test('an extension that reads a whole body gets all of it, and its client gets an error if it is too large', async (t) => {
  const registry = await withRoutes(t);
  const path = '/v2/_ext/scan/a/reports/1';
  const forms = [(text: string) => text, (text: string) => Readable.from([Buffer.from(text)])];
  for (const inForm of forms) {
    for (const text of ['', 'five!', 'x'.repeat(1024)]) {
      const taken = await registry.ask('PATCH', path, { body: inForm(text) });
      t.deepEqual([taken.status, taken.text], [200, text]);
    }
    const refused = await registry.ask('PATCH', path, { body: inForm('x'.repeat(1025)) });
    const [error] = assertError(t, refused, 413, 'SIZE_INVALID');
    t.deepEqual([error?.message, error?.detail], ['request body too large', { maxBytes: 1024 }]);
  }
});

test('errors of an extension go through the error responder, and reveal no details', async (t) => {
  const registry = await withRoutes(t);
  const known = await registry.ask('GET', '/v2/_ext/scan/fail/known');
  t.is(known.status, 429);
  t.is(known.headers['retry-after'], '5');
  t.deepEqual(
    (JSON.parse(known.text) as { errors: { code: string; detail: object }[] }).errors[0]?.code,
    'TOOMANYREQUESTS',
  );
  for (const how of ['unknown', 'status', 'nothing']) {
    const answer = await registry.ask('GET', `/v2/_ext/scan/fail/${how}`);
    t.is(answer.status, 500, how);
    t.notRegex(answer.text, /secret|TypeError/);
  }
  t.is((await registry.ask('POST', '/v2/_ext/scan/state')).status, 405);
  t.is((await registry.ask('GET', '/v2/_ext/other/state')).status, 404);
  t.is((await registry.ask('GET', '/v2/_ext/scan/UPPER/reports/1')).status, 400);
});

test('extensions obey access control, read-only mode and the switch for deleting', async (t) => {
  const realm = { silly: { realm: 'here', service: 'registry' } };
  const guarded = await withRoutes(t, { auth: realm });
  t.is((await guarded.ask('GET', '/v2/_ext/scan/state')).status, 401);
  t.is((await guarded.ask('GET', '/v2/_ext/scan/state', { headers: { Authorization: 'any' } })).status, 200);
  const fixed = await withRoutes(t, { storage: { maintenance: { readonly: { enabled: true } } } });
  t.is((await fixed.ask('PUT', '/v2/_ext/scan/a/reports/1', { body: 'x' })).status, 405);
  t.is((await fixed.ask('GET', '/v2/_ext/scan/a/reports/1')).status, 200);
  const kept = await withRoutes(t, { storage: { delete: { enabled: false } } });
  t.is((await kept.ask('DELETE', '/v2/_ext/scan/a/reports/1')).status, 405);
});

const TOKENS = pluginSource(
  'route-extension',
  `() => bindPort(ROUTE_EXTENSION, {
    name: 'tokens',
    mount: '/token',
    routes: [
      { path: '/', methods: [
        { method: 'GET', access: 'public', handle: async ({ user }) => ({ status: 200, body: 'for ' + user }) },
        { method: 'POST', access: 'public', handle: async () => ({ status: 200, body: 'posted' }) },
      ] },
      { path: '/keys/<id>', methods: [
        { method: 'GET', access: 'public', handle: async ({ parameters }) => ({ status: 200, body: parameters.id }) },
        { method: 'PUT', access: 'none', handle: async () => ({ status: 201 }) },
      ] },
    ],
  })`,
);

async function withTokens(t: ExecutionContext, options: object = {}) {
  const folder = await folderWith(t, { 'tokens.mjs': TOKENS });
  const auth = { silly: { realm: 'here', service: 'registry' } };
  return withRegistry(t, { folder, others: { plugins: ['./tokens.mjs'] }, auth, ...options });
}

test('an extension that is mounted at the root answers every client on its public routes, and only there', async (t) => {
  const registry = await withTokens(t);
  t.is((await registry.ask('GET', '/token?service=registry')).text, 'for undefined');
  t.is((await registry.ask('GET', '/token/')).text, 'for undefined');
  t.is((await registry.ask('GET', '/token', { headers: { Authorization: 'any' } })).text, 'for undefined');
  t.is((await registry.ask('GET', '/token/keys/7')).text, '7');
  t.is((await registry.ask('PUT', '/token/keys/7')).status, 401);
  t.is((await registry.ask('GET', '/v2/_ext/tokens')).status, 404);
  t.is((await registry.ask('GET', '/v2/')).status, 401);
});

test('a method that a public route lacks is refused with 405 at once, and with 401 if other methods of the route are not public', async (t) => {
  const registry = await withTokens(t);
  const refused = await registry.ask('DELETE', '/token');
  t.deepEqual([refused.status, refused.headers['allow']], [405, 'GET, POST']);
  t.is((await registry.ask('DELETE', '/token/keys/7')).status, 401);
});

test('a read-only registry still answers a public POST', async (t) => {
  const registry = await withTokens(t, { storage: { maintenance: { readonly: { enabled: true } } } });
  t.is((await registry.ask('POST', '/token')).text, 'posted');
  t.is((await registry.ask('PUT', '/token/keys/7', { headers: { Authorization: 'any' } })).status, 405);
});

test('a mount comes after http.prefix', async (t) => {
  const registry = await withTokens(t, { http: { prefix: '/hub/' } });
  t.is((await registry.ask('GET', '/hub/token')).status, 200);
  t.is((await registry.ask('GET', '/token')).status, 404);
});

test('extensions move with http.prefix', async (t) => {
  const registry = await withRoutes(t, { http: { prefix: '/hub/' } });
  t.is((await registry.ask('GET', '/hub/v2/_ext/scan/state')).status, 200);
  t.is((await registry.ask('GET', '/v2/_ext/scan/state')).status, 404);
});
