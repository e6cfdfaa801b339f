import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { type Answer, openRequest } from '../../../helpers/http/http-request.ts';
import { digestOf, locationOf, type Registry, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

const TEXT = '0123456789';
const DIGEST = digestOf(TEXT);
const MIB = 1024 ** 2;

/** Two instances on one storage, which know nothing of each other. */
async function twoInstances(t: ExecutionContext): Promise<[Registry, Registry]> {
  const http = { secret: 'shared' };
  const first = await withRegistry(t, { storage: { filesystem: {} }, http });
  const second = await withRegistry(t, { storage: { filesystem: { rootdirectory: first.root } }, http });
  return [first, second];
}

/** Where an upload goes on, by an answer about it; one of a single byte looks like an empty one. */
function nextByte({ headers }: Answer): number {
  const last = Number(/^0-(\d+)$/.exec(String(headers.range))?.[1]);
  return last === 0 ? 0 : last + 1;
}

/** Everything that the storage has of repositories. */
async function stored({ root }: Registry): Promise<string[]> {
  return readdir(join(root, 'docker/registry/v2/repositories'), { recursive: true }).catch(() => []);
}

test('an upload without bytes is not stored, and every instance knows it by its location', async (t) => {
  const [first, second] = await twoInstances(t);
  const location = await first.startUpload('app');
  for (const registry of [first, second]) {
    for (const method of ['GET', 'HEAD']) {
      const status = await registry.ask(method, location);
      t.is(status.status, 204);
      t.is(status.headers.range, '0-0');
      t.is(new URL(status.headers.location ?? '').pathname, location.slice(0, location.indexOf('?')));
    }
  }
  t.deepEqual(await stored(first), []);
  const again = locationOf(await second.ask('GET', location));
  t.is((await second.finishUpload(again, DIGEST, { body: TEXT })).status, 201);
  t.is((await first.ask('GET', `/v2/app/blobs/${DIGEST}`)).text, TEXT);
  t.false((await stored(first)).some((path) => path.includes('_uploads')));
});

test('an upload without bytes can be cancelled on any instance, and is unknown there', async (t) => {
  const [first, second] = await twoInstances(t);
  for (const registry of [first, second]) {
    const location = await first.startUpload('app');
    t.is((await registry.ask('DELETE', location)).status, 204);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      assertError(t, await registry.ask(method, location), 404, 'BLOB_UPLOAD_UNKNOWN');
    }
  }
  t.deepEqual(await stored(first), []);
});

test('a location that is not good says why nothing is known of an upload without bytes', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.startUpload('app');
  const [path = ''] = location.split('?');
  const other = new URLSearchParams((await registry.startUpload('app')).split('?')[1]).get('_state') ?? '';
  const reasons = {
    [path]: /the query lacks _state/,
    [`${path}?_state=x`]: /token is malformed/,
    [withQuery(path, { _state: other })]: /belongs to another upload/,
    [location.replace('/v2/app/', '/v2/other/')]: /belongs to another upload/,
  };
  for (const [bad, reason] of Object.entries(reasons)) {
    for (const method of ['PATCH', 'PUT', 'DELETE']) {
      const answer = await registry.ask(method, withQuery(bad, { digest: DIGEST }), { body: TEXT });
      const [error] = assertError(t, answer, 404, 'BLOB_UPLOAD_UNKNOWN');
      t.regex(JSON.stringify(error?.detail), reason);
    }
    assertError(t, await registry.ask('GET', bad), 404, 'BLOB_UPLOAD_UNKNOWN');
  }
  t.is((await registry.finishUpload(location, DIGEST, { body: TEXT })).status, 201);
});

test('chunks of one byte, of none, and with a range begin an upload', async (t) => {
  const [first, second] = await twoInstances(t);
  const empty = await first.sendChunk(await first.startUpload('app'), '');
  t.deepEqual(await stored(first), []);
  const headers = { 'Content-Range': '0-0' };
  const answer = await second.ask('PATCH', empty, { body: '0', headers });
  t.is(answer.status, 202, answer.text);
  t.is(answer.headers.range, '0-0');
  t.is((await first.finishUpload(locationOf(answer), DIGEST, { body: TEXT.slice(1) })).status, 201);
  for (const range of ['1-10', '5-1', 'x']) {
    const refused = await first.ask('PATCH', await first.startUpload('b'), {
      body: TEXT,
      headers: { 'Content-Range': range },
    });
    t.true([400, 416].includes(refused.status), refused.text);
    if (refused.status === 416) t.is(refused.headers.range, '0-0');
  }
  t.false((await stored(first)).includes('b'));
});

for (const size of [10, 5 * MIB]) {
  for (const method of ['PATCH', 'PUT']) {
    test(`a client that leaves its first ${method} after ${size} bytes resumes there, on another instance`, async (t) => {
      const [first, second] = await twoInstances(t);
      const whole = Buffer.alloc(size + 1000, 'x');
      const digest = digestOf(whole);
      const location = await first.startUpload('app');
      const path = method === 'PUT' ? withQuery(location, { digest }) : location;
      const broken = openRequest(first, method, path, { headers: { 'Content-Length': whole.byteLength } });
      broken.on('error', () => undefined);
      broken.write(whole.subarray(0, size));
      while (nextByte(await first.ask('GET', location)) === 0);
      broken.destroy();
      // Until the first instance has noticed, and has stored what came.
      let status = await second.ask('GET', location);
      while (nextByte(status) === 0) status = await second.ask('GET', location);
      const finish = (from: Answer): Promise<Answer> =>
        second.finishUpload(locationOf(from), digest, { body: whole.subarray(nextByte(from)) });
      let end = await finish(status);
      while (end.status === 416) end = await finish(end);
      t.is(end.status, 201, end.text);
      t.true((await first.ask('GET', `/v2/app/blobs/${digest}`)).body.equals(whole));
    });
  }
}

test('the location of a finished upload of one request can be used again with the same bytes', async (t) => {
  const [first, second] = await twoInstances(t);
  const location = await first.startUpload('app');
  for (const registry of [first, first, second]) {
    t.is((await registry.finishUpload(location, DIGEST, { body: TEXT })).status, 201);
  }
  assertError(t, await first.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
});
