import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { allowing, SCOPED_ACCESS } from '../../../helpers/http/scoped-access.ts';
import { digestOf, imageManifest, OCI_MANIFEST, withRegistry } from '../../../helpers/http/with-registry.ts';

const SILLY = { silly: { realm: 'realm-test', service: 'service-test' } };
const ALLOWED = { Authorization: 'whatever' };
const DIGEST = digestOf('bytes');
const PUSH = 'repository:a/b:pull repository:a/b:push';

test('/v2/ without credentials is answered 401 with the challenge', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  for (const method of ['GET', 'HEAD']) {
    const answer = await registry.ask(method, '/v2/');
    t.is(answer.status, 401);
    t.is(answer.headers['www-authenticate'], 'Bearer realm="realm-test",service="service-test"');
    t.is(answer.headers['docker-distribution-api-version'], 'registry/2.0');
    if (method === 'GET') assertError(t, answer, 401, 'UNAUTHORIZED');
  }
  t.is((await registry.ask('GET', '/v2/', { headers: ALLOWED })).status, 200);
});

/** The accesses that each method of each route needs, as the challenge of silly shows them. */
const ACCESSES: [string, string, string][] = [
  ['GET', '/v2/_catalog', 'registry:catalog:*'],
  ['HEAD', '/v2/_catalog', 'registry:catalog:*'],
  ['GET', '/v2/a/b/tags/list', 'repository:a/b:pull'],
  ['HEAD', '/v2/a/b/tags/list', 'repository:a/b:pull'],
  ['GET', '/v2/a/b/manifests/v1', 'repository:a/b:pull'],
  ['HEAD', '/v2/a/b/manifests/v1', 'repository:a/b:pull'],
  ['PUT', '/v2/a/b/manifests/v1', PUSH],
  ['DELETE', '/v2/a/b/manifests/v1', 'repository:a/b:delete'],
  ['GET', `/v2/a/b/blobs/${DIGEST}`, 'repository:a/b:pull'],
  ['HEAD', `/v2/a/b/blobs/${DIGEST}`, 'repository:a/b:pull'],
  ['DELETE', `/v2/a/b/blobs/${DIGEST}`, 'repository:a/b:delete'],
  ['POST', '/v2/a/b/blobs/uploads/', PUSH],
  ['GET', '/v2/a/b/blobs/uploads/x', PUSH],
  ['HEAD', '/v2/a/b/blobs/uploads/x', PUSH],
  ['PATCH', '/v2/a/b/blobs/uploads/x', PUSH],
  ['PUT', '/v2/a/b/blobs/uploads/x', PUSH],
  ['DELETE', '/v2/a/b/blobs/uploads/x', PUSH],
  ['POST', '/v2/a/b/manifests/v1', ''],
  ['PROPFIND', '/v2/_catalog', ''],
];

test('every method of every route asks for the accesses that it needs', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  for (const [method, path, scope] of ACCESSES) {
    const answer = await registry.ask(method, path);
    t.is(answer.status, 401, `${method} ${path}`);
    const expected = `Bearer realm="realm-test",service="service-test"${scope === '' ? '' : `,scope="${scope}"`}`;
    t.is(answer.headers['www-authenticate'], expected, `${method} ${path}`);
    if (method !== 'HEAD') assertError(t, answer, 401, 'UNAUTHORIZED');
  }
});

test('a refused request changes nothing', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  const ask = (method: string, path: string, body?: string) => registry.ask(method, path, { body, headers: ALLOWED });
  const begun = await ask('POST', '/v2/a/blobs/uploads/');
  const location = new URL(begun.headers.location ?? '');
  const upload = location.pathname + location.search;
  t.is((await ask('POST', `/v2/a/blobs/uploads/?digest=${digestOf('{}')}`, '{}')).status, 201);
  const headers = { ...ALLOWED, 'Content-Type': OCI_MANIFEST };
  t.is((await registry.ask('PUT', '/v2/a/manifests/v1', { body: imageManifest(), headers })).status, 201);

  const requests: [string, string, string?][] = [
    ['PATCH', upload, 'bytes'],
    ['PUT', `${upload}&digest=${DIGEST}`, 'bytes'],
    ['DELETE', upload],
    ['POST', `/v2/a/blobs/uploads/?digest=${DIGEST}`, 'bytes'],
    ['POST', `/v2/b/blobs/uploads/?mount=${digestOf('{}')}&from=a`],
    ['PUT', '/v2/a/manifests/v2', imageManifest()],
    ['DELETE', '/v2/a/manifests/v1'],
    ['DELETE', `/v2/a/blobs/${digestOf('{}')}`],
  ];
  for (const [method, path, body] of requests) t.is((await registry.ask(method, path, { body })).status, 401);

  t.is((await ask('GET', upload)).headers.range, '0-0');
  t.is((await ask('HEAD', `/v2/a/blobs/${DIGEST}`)).status, 404);
  t.is((await ask('HEAD', `/v2/b/blobs/${digestOf('{}')}`)).status, 404);
  t.is((await ask('HEAD', `/v2/a/blobs/${digestOf('{}')}`)).status, 200);
  t.is((await ask('GET', '/v2/a/tags/list')).text, '{"name":"a","tags":["v1"]}');
});

test('an unknown path and a bad name are reported without credentials, but nothing about the content', async (t) => {
  const registry = await withRegistry(t, { auth: SILLY });
  assertError(t, await registry.ask('GET', '/nowhere'), 404, 'UNSUPPORTED');
  assertError(t, await registry.ask('GET', '/v2/UPPER/tags/list'), 400, 'NAME_INVALID');
  assertError(t, await registry.ask('GET', '/v2/a/blobs/not-a-digest'), 401, 'UNAUTHORIZED');
  assertError(t, await registry.ask('GET', '/v2/_catalog?n=x'), 401, 'UNAUTHORIZED');
});

test('htpasswd admits clients that know the password and challenges all others', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'users'), `ada:${await hash('lovelace', 4)}\n`);
  const auth = { htpasswd: { realm: 'here', path: 'users' } };
  const registry = await withRegistry(t, { auth, folder });
  const basic = (text: string) => ({ Authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  t.is((await registry.ask('GET', '/v2/', { headers: basic('ada:lovelace') })).status, 200);
  const refused = [{}, basic('ada:wrong'), basic('bob:lovelace'), basic('ada'), basic(':'), { Authorization: 'Basic' }];
  for (const headers of [...refused, { Authorization: 'Basic !!!' }, { Authorization: 'Bearer x' }, basic('ada:\0')]) {
    const answer = await registry.ask('GET', '/v2/_catalog', { headers });
    assertError(t, answer, 401, 'UNAUTHORIZED');
    t.is(answer.headers['www-authenticate'], 'Basic realm="here"');
  }
});

test('a known user without the right is answered 403 without a challenge', async (t) => {
  const registry = await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } });
  const headers = allowing('repository:a:pull');
  assertError(t, await registry.ask('GET', '/v2/a/tags/list', { headers }), 404, 'NAME_UNKNOWN');
  for (const [method, path] of [
    ['GET', '/v2/b/tags/list'],
    ['POST', '/v2/a/blobs/uploads/'],
    ['DELETE', '/v2/a/manifests/v1'],
    ['GET', '/v2/_catalog'],
  ] as const) {
    const answer = await registry.ask(method, path, { headers });
    assertError(t, answer, 403, 'DENIED');
    t.is(answer.headers['www-authenticate'], undefined);
  }
});

test('a mount from a repository that the client may not pull becomes an ordinary upload', async (t) => {
  const registry = await withRegistry(t, { auth: { [SCOPED_ACCESS]: {} } });
  const push = (name: string): string[] => [`repository:${name}:pull`, `repository:${name}:push`];
  const digest = digestOf('secret');
  const pushed = await registry.ask('POST', `/v2/theirs/blobs/uploads/?digest=${digest}`, {
    body: 'secret',
    headers: allowing(...push('theirs')),
  });
  t.is(pushed.status, 201);
  const path = `/v2/mine/blobs/uploads/?mount=${digest}&from=theirs`;
  const answer = await registry.ask('POST', path, { headers: allowing(...push('mine')) });
  t.is(answer.status, 202);
  t.is(answer.headers.range, '0-0');
  const blob = `/v2/mine/blobs/${digest}`;
  t.is((await registry.ask('HEAD', blob, { headers: allowing('repository:mine:pull') })).status, 404);
  const mounted = await registry.ask('POST', path, { headers: allowing(...push('mine'), 'repository:theirs:pull') });
  t.is(mounted.status, 201);
  t.is((await registry.ask('GET', blob, { headers: allowing('repository:mine:pull') })).text, 'secret');
});
