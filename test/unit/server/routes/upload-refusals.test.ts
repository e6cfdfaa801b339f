import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { answerTo, openRequest } from '../../../helpers/http/http-request.ts';
import { digestOf, locationOf, type Registry, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

/** The location of an upload with the text `0123456789`. */
async function uploadOfTen(registry: Registry): Promise<string> {
  return registry.sendChunk(await registry.startUpload('app'), '0123456789');
}

for (const storage of ['inmemory', 'filesystem']) {
  test(`a chunk out of order on ${storage} is answered 416 with the current offset, and the upload survives`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    let location = await uploadOfTen(registry);
    const digest = digestOf('0123456789abcde');
    for (const range of ['11-15', '0-4', '9-13', '100-104']) {
      for (const [method, path] of [
        ['PATCH', location],
        ['PUT', withQuery(location, { digest })],
      ] as const) {
        const answer = await registry.ask(method, path, { body: 'abcde', headers: { 'Content-Range': range } });
        assertError(t, answer, 416, 'BLOB_UPLOAD_INVALID');
        t.is(answer.headers.range, '0-9');
        t.truthy(answer.headers['docker-upload-uuid']);
        location = locationOf(answer);
      }
    }
    const end = await registry.finishUpload(location, digest, { body: 'abcde', headers: { 'Content-Range': '10-14' } });
    t.is(end.status, 201, end.text);
  });
}

test('an outdated location is answered 416 with the new one', async (t) => {
  const registry = await withRegistry(t);
  const old = await registry.startUpload('app');
  await registry.sendChunk(old, '0123456789');
  const answer = await registry.ask('PATCH', old, { body: 'x' });
  assertError(t, answer, 416, 'BLOB_UPLOAD_INVALID');
  t.is(answer.headers.range, '0-9');
  const put = await registry.finishUpload(old, digestOf('0123456789'));
  assertError(t, put, 416, 'BLOB_UPLOAD_INVALID');
  t.is((await registry.finishUpload(locationOf(answer), digestOf('0123456789'))).status, 201);
});

test('a chunk with a wrong description is refused, and the upload is untouched', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  const cases: [Record<string, string>, number, string][] = [
    [{ 'Content-Range': 'nonsense' }, 400, 'BLOB_UPLOAD_INVALID'],
    [{ 'Content-Range': '10' }, 400, 'BLOB_UPLOAD_INVALID'],
    [{ 'Content-Range': 'bytes 10-14,15-16' }, 400, 'BLOB_UPLOAD_INVALID'],
    [{ 'Content-Range': '10-99999999999999999999' }, 400, 'BLOB_UPLOAD_INVALID'],
    [{ 'Content-Range': '14-10' }, 416, 'BLOB_UPLOAD_INVALID'],
    [{ 'Content-Range': '10-15' }, 400, 'SIZE_INVALID'],
    [{ 'Content-Type': 'application/json' }, 400, 'BLOB_UPLOAD_INVALID'],
  ];
  for (const [headers, status, code] of cases) {
    const answer = await registry.ask('PATCH', location, { body: 'abcde', headers });
    assertError(t, answer, status, code);
    t.is((await registry.ask('GET', location)).headers.range, '0-9');
  }
  t.is((await registry.finishUpload(location, digestOf('0123456789'))).status, 201);
});

test('an answer of 416 always states where the upload continues', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  const answer = await registry.ask('PATCH', location, { body: 'abcde', headers: { 'Content-Range': '14-10' } });
  t.is(answer.status, 416);
  t.is(answer.headers.range, '0-9');
  t.is((await registry.finishUpload(locationOf(answer), digestOf('0123456789'))).status, 201);
});

test('a location whose token is missing, malformed, forged or of another upload is refused', async (t) => {
  const registry = await withRegistry(t);
  const stranger = await withRegistry(t, { http: { secret: 'another secret' } });
  const location = await uploadOfTen(registry);
  const [path = '', query = ''] = location.split('?');
  const token = new URLSearchParams(query).get('_state') ?? '';
  const other = new URLSearchParams((await registry.startUpload('app')).split('?')[1]).get('_state') ?? '';
  const otherRepository = new URLSearchParams((await registry.startUpload('b')).split('?')[1]).get('_state') ?? '';
  const foreign = new URLSearchParams((await stranger.startUpload('app')).split('?')[1]).get('_state') ?? '';
  const flipped = `${token[0] === 'A' ? 'B' : 'A'}${token.slice(1)}`;
  const bad = ['', 'x', '%00', '!!!', token.slice(0, -8), flipped, other, otherRepository, foreign, 'A'.repeat(5000)];
  for (const state of bad) {
    for (const method of ['PATCH', 'PUT', 'DELETE']) {
      const answer = await registry.ask(method, withQuery(path, { _state: state, digest: digestOf('') }), {
        body: 'x',
      });
      assertError(t, answer, 400, 'BLOB_UPLOAD_INVALID');
    }
  }
  assertError(t, await registry.ask('PATCH', path, { body: 'x' }), 400, 'BLOB_UPLOAD_INVALID');
  t.is((await registry.ask('GET', location)).headers.range, '0-9');
  t.is((await registry.finishUpload(location, digestOf('0123456789'))).status, 201);
});

test('the token of one repository does not open the upload of another one', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  const moved = location.replace('/v2/app/', '/v2/other/');
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    const answer = await registry.ask(method, withQuery(moved, { digest: digestOf('') }), { body: 'x' });
    assertError(t, answer, 404, 'BLOB_UPLOAD_UNKNOWN');
  }
});

test('an upload that never was is unknown, whatever its id looks like', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const ids = ['3f1c8a52-9d0e-4b6f-8a77-0a1b2c3d4e5f', 'x', '...', '.x', '%00', 'é', 'a'.repeat(129), '_state'];
  for (const id of ids) {
    for (const method of ['GET', 'HEAD', 'PATCH', 'PUT', 'DELETE']) {
      const path = `/v2/app/blobs/uploads/${encodeURI(id).replaceAll('%25', '%')}?digest=${digestOf('')}`;
      const answer = await registry.ask(method, path, {
        body: method === 'GET' || method === 'HEAD' ? undefined : 'x',
      });
      if (method === 'HEAD') t.is(answer.status, 404);
      else assertError(t, answer, 404, 'BLOB_UPLOAD_UNKNOWN');
    }
  }
});

test('bytes with another digest are refused, and none of them are left', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const wanted = digestOf('good bytes');
  const location = await registry.sendChunk(await registry.startUpload('app'), 'evil ');
  const [error] = assertError(
    t,
    await registry.finishUpload(location, wanted, { body: 'bytes' }),
    400,
    'DIGEST_INVALID',
  );
  t.like(error?.detail, { digest: wanted, computed: digestOf('evil bytes') });
  assertError(t, await registry.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
  assertError(
    t,
    await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${wanted}`, { body: 'evil' }),
    400,
    'DIGEST_INVALID',
  );
  for (const digest of [wanted, digestOf('evil bytes')]) {
    t.is((await registry.ask('HEAD', `/v2/app/blobs/${digest}`)).status, 404);
  }
});

test('a single POST that fails leaves no upload behind', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const path = `/v2/app/blobs/uploads/?digest=${digestOf('0123456789')}`;
  assertError(t, await registry.ask('POST', `${path}&size=9`, { body: '0123456789' }), 400, 'SIZE_INVALID');
  assertError(t, await registry.ask('POST', path, { body: 'other bytes' }), 400, 'DIGEST_INVALID');
  t.false(existsSync(join(registry.root, 'docker/registry/v2/repositories')));
});

test('a closing request without the body that its range promises is refused, and the upload survives', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  const digest = digestOf('0123456789a');
  const answer = await registry.finishUpload(location, digest, { headers: { 'Content-Range': '10-10' } });
  assertError(t, answer, 400, 'SIZE_INVALID');
  t.is((await registry.finishUpload(location, digest, { body: 'a' })).status, 201);
});

test('a closing request without a valid digest is refused, and the upload can still be finished', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  assertError(t, await registry.ask('PUT', location), 400, 'DIGEST_INVALID');
  for (const digest of ['', 'x', 'sha256:x', 'md5:d41d8cd98f00b204e9800998ecf8427e', `sha256:${'G'.repeat(64)}`]) {
    assertError(t, await registry.finishUpload(location, digest), 400, 'DIGEST_INVALID');
  }
  assertError(t, await registry.ask('POST', '/v2/app/blobs/uploads/?digest=x', { body: 'x' }), 400, 'DIGEST_INVALID');
  t.is((await registry.finishUpload(location, digestOf('0123456789'))).status, 201);
});

test('a size other than that of the blob is refused; a correct, negative or absent one is not', async (t) => {
  const registry = await withRegistry(t);
  const digest = digestOf('0123456789');
  const location = await uploadOfTen(registry);
  for (const query of [{ size: '9' }, { length: '11' }, { size: 'x' }]) {
    assertError(t, await registry.finishUpload(withQuery(location, query), digest), 400, 'SIZE_INVALID');
  }
  for (const query of [{ size: '10' }, { length: '10' }, { size: '-1' }]) {
    const other = withQuery(await uploadOfTen(registry), query);
    t.is((await registry.finishUpload(other, digest)).status, 201);
  }
});

test('of two requests that write to one upload at the same time the second is refused, and the first completes', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.startUpload('app');
  const first = openRequest(registry, 'PATCH', location, { headers: { 'Content-Length': 10 } });
  const done = answerTo(first);
  first.write('01234');
  // Until the registry has received the first half.
  while ((await registry.ask('GET', location)).headers.range !== '0-4');
  for (const [method, path] of [
    ['PATCH', location],
    ['PUT', withQuery(location, { digest: digestOf('x') })],
    ['DELETE', location],
  ] as const) {
    const answer = await registry.ask(method, path, { body: 'x' });
    assertError(t, answer, 416, 'BLOB_UPLOAD_INVALID');
    t.is(answer.headers.range, '0-4');
  }
  first.end('56789');
  const answer = await done;
  t.is(answer.status, 202);
  t.is(answer.headers.range, '0-9');
  t.is((await registry.finishUpload(locationOf(answer), digestOf('0123456789'))).status, 201);
});

test('a client that disconnects in the middle of a chunk leaves an upload that continues where it broke off', async (t) => {
  const registry = await withRegistry(t);
  const location = await uploadOfTen(registry);
  const broken = openRequest(registry, 'PATCH', location, { headers: { 'Content-Length': 1000 } });
  broken.on('error', () => undefined);
  broken.write('abcde');
  while ((await registry.ask('GET', location)).headers.range !== '0-14');
  broken.destroy();
  // Until the registry has noticed; before, the upload is held by the broken request.
  let next = await registry.ask('PATCH', locationOf(await registry.ask('GET', location)), { body: 'fghij' });
  while (next.status === 416) {
    t.is(next.headers.range, '0-14');
    next = await registry.ask('PATCH', locationOf(next), { body: 'fghij' });
  }
  t.is(next.status, 202, next.text);
  t.is(next.headers.range, '0-19');
  t.is((await registry.finishUpload(locationOf(next), digestOf('0123456789abcdefghij'))).status, 201);
});

for (const range of ['10-14', 'bytes 10-14', 'bytes=10-14', 'bytes 10-14/15', 'bytes 10-14/*', 'bytes=10-14/15']) {
  test(`a chunk whose Content-Range is ${range} continues the upload`, async (t) => {
    const registry = await withRegistry(t);
    const headers = { 'Content-Range': range };
    const answer = await registry.ask('PATCH', await uploadOfTen(registry), { body: 'abcde', headers });
    t.is(answer.status, 202, answer.text);
    t.is(answer.headers.range, '0-14');
  });
}
