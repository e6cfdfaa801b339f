import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

test('GET /v2/ confirms the version of the API, with and without the slash', async (t) => {
  const registry = await withRegistry(t);
  for (const path of ['/v2/', '/v2', '/v2/?x=y']) {
    const answer = await registry.ask('GET', path);
    t.is(answer.status, 200);
    t.is(answer.text, '{}');
    t.is(answer.headers['content-type'], 'application/json');
    t.is(answer.headers['content-length'], '2');
    t.is(answer.headers['docker-distribution-api-version'], 'registry/2.0');
  }
});

test('HEAD /v2/ has the headers of GET and no body', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('HEAD', '/v2/');
  t.is(answer.status, 200);
  t.is(answer.headers['content-length'], '2');
  t.is(answer.text, '');
});

test('load balancers get an empty answer at / without authorization', async (t) => {
  const registry = await withRegistry(t, { auth: { silly: { realm: 'r', service: 's' } } });
  const answer = await registry.ask('GET', '/');
  t.is(answer.status, 200);
  t.is(answer.text, '');
  t.is(answer.headers['cache-control'], 'no-cache');
});

test('a path outside the API is answered 404 in JSON', async (t) => {
  const registry = await withRegistry(t);
  for (const path of ['/v3/', '/v2/a', '/v2/a/b/c', '/v2/a/tags/', '/v2/a/referrers/x/y', '/v2/_catalog/x', '/x?y']) {
    assertError(t, await registry.ask('GET', path), 404, 'UNSUPPORTED');
  }
});

test('paths with dot segments match no route, whether escaped or not', async (t) => {
  const registry = await withRegistry(t);
  const paths = ['/v2/a/../_catalog', '/v2/./_catalog', '/v2/a/%2e%2e/b/tags/list', '/v2/a/manifests/..'];
  for (const path of [...paths, '/v2/a/blobs/uploads/%2E.']) {
    assertError(t, await registry.ask('GET', path), 404, 'UNSUPPORTED');
  }
});

test('a method that a route lacks is answered 405 with those that it has', async (t) => {
  const registry = await withRegistry(t);
  const cases = [
    ['POST', '/v2/', 'GET, HEAD'],
    ['DELETE', '/v2/_catalog', 'GET, HEAD'],
    ['PUT', '/v2/a/tags/list', 'GET, HEAD'],
    ['PATCH', '/v2/a/manifests/latest', 'GET, HEAD, PUT, DELETE'],
    ['POST', `/v2/a/blobs/sha256:${'0'.repeat(64)}`, 'GET, HEAD, DELETE'],
    ['GET', '/v2/a/blobs/uploads/', 'POST'],
    ['GET', '/v2/a/blobs/uploads', 'POST'],
    ['POST', '/v2/a/blobs/uploads/x', 'GET, HEAD, PATCH, PUT, DELETE'],
    ['PROPFIND', '/v2/', 'GET, HEAD'],
    ['TRACE', '/v2/_catalog', 'GET, HEAD'],
  ] as const;
  for (const [method, path, allow] of cases) {
    const answer = await registry.ask(method, path);
    assertError(t, answer, 405, 'UNSUPPORTED');
    t.is(answer.headers.allow, allow, `${method} ${path}`);
  }
});

test('every answer has a request id of its own', async (t) => {
  const registry = await withRegistry(t);
  const ids = await Promise.all([1, 2, 3].map(async () => (await registry.ask('GET', '/v2/')).headers['x-request-id']));
  t.is(new Set(ids).size, 3);
  t.true(ids.every((id) => typeof id === 'string' && id !== ''));
});

test('the configured headers are in every answer, even in failures', async (t) => {
  const registry = await withRegistry(t, {
    http: { headers: { 'X-Content-Type-Options': ['nosniff'], 'X-Two': ['a', 'b'] } },
  });
  for (const path of ['/v2/', '/nowhere']) {
    const { headers } = await registry.ask('GET', path);
    t.is(headers['x-content-type-options'], 'nosniff');
    t.is(headers['x-two'], 'a, b');
  }
});
