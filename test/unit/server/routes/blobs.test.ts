import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { digestOf, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

const ZERO_DIGEST = `sha256:${'0'.repeat(64)}`;

for (const storage of ['inmemory', 'filesystem']) {
  test(`a blob on ${storage} comes back with all its headers, which HEAD has, too`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    const body = Buffer.alloc(3 * 1024 * 1024 + 7, 'stowage ');
    const digest = await registry.pushBlob('team/app', body);
    const get = await registry.ask('GET', `/v2/team/app/blobs/${digest}`);
    t.is(get.status, 200);
    t.true(get.body.equals(body));
    t.like(get.headers, {
      'content-type': 'application/octet-stream',
      'content-length': String(body.byteLength),
      'docker-content-digest': digest,
      etag: `"${digest}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'max-age=31536000, immutable',
    });
    t.is(get.headers['content-encoding'], undefined);
    const head = await registry.ask('HEAD', `/v2/team/app/blobs/${digest}`, { headers: { Range: 'bytes=0-1' } });
    t.is(head.status, 200);
    t.is(head.body.byteLength, 0);
    const { date: _a, 'x-request-id': _b, ...expected } = get.headers;
    const { date: _c, 'x-request-id': _d, ...given } = head.headers;
    t.deepEqual(given, expected);
  });

  test(`the empty blob on ${storage} can be pushed in every way and read`, async (t) => {
    const registry = await withRegistry(t, { storage: { [storage]: {} } });
    const digest = digestOf('');
    await registry.pushBlob('put', '');
    t.is((await registry.ask('POST', `/v2/post/blobs/uploads/?digest=${digest}`)).status, 201);
    const location = await registry.sendChunk(await registry.startUpload('patch'), '');
    t.is((await registry.finishUpload(location, digest)).status, 201);
    for (const name of ['put', 'post', 'patch']) {
      const get = await registry.ask('GET', `/v2/${name}/blobs/${digest}`);
      t.is(get.status, 200);
      t.is(get.headers['content-length'], '0');
      const head = await registry.ask('HEAD', `/v2/${name}/blobs/${digest}`);
      t.is(head.headers['content-length'], '0');
      const part = await registry.ask('GET', `/v2/${name}/blobs/${digest}`, { headers: { Range: 'bytes=0-' } });
      t.is(part.status, 200);
      t.is(part.headers['content-length'], '0');
    }
  });
}

test('a blob that does not exist, or only in another repository, is answered 404', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('mine', 'secret layer');
  for (const path of [`yours/blobs/${digest}`, `mine/blobs/${ZERO_DIGEST}`, `mine/deeper/blobs/${digest}`]) {
    const answer = await registry.ask('GET', `/v2/${path}`);
    const [error] = assertError(t, answer, 404, 'BLOB_UNKNOWN');
    t.is((error?.detail as { digest?: string }).digest, path.split('/').at(-1));
    t.is((await registry.ask('HEAD', `/v2/${path}`)).status, 404);
    assertError(t, await registry.ask('DELETE', `/v2/${path}`), 404, 'BLOB_UNKNOWN');
  }
});

test('a malformed digest is refused by every method', async (t) => {
  const registry = await withRegistry(t);
  for (const digest of ['latest', 'sha256:', 'sha256:abc', 'md5:00', `sha256:${'A'.repeat(64)}`, '%00', '%']) {
    for (const method of ['GET', 'DELETE']) {
      assertError(t, await registry.ask(method, `/v2/app/blobs/${digest}`), 400, 'DIGEST_INVALID');
    }
    t.is((await registry.ask('HEAD', `/v2/app/blobs/${digest}`)).status, 400);
  }
});

test('a blob is found under the digest that it was pushed with, escaped or not', async (t) => {
  const registry = await withRegistry(t);
  const body = 'by sha512';
  const digest = digestOf(body, 'sha512');
  t.is((await registry.finishUpload(await registry.startUpload('app'), digest, { body })).status, 201);
  t.is((await registry.ask('GET', `/v2/app/blobs/${encodeURIComponent(digest)}`)).text, body);
  t.is((await registry.ask('GET', `/v2/app/blobs/${digestOf(body)}`)).status, 404);
});

test('If-None-Match answers 304, even together with Range', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('app', '0123456789');
  for (const method of ['GET', 'HEAD']) {
    const headers = { 'If-None-Match': `"${digest}"`, Range: 'bytes=0-1' };
    const answer = await registry.ask(method, `/v2/app/blobs/${digest}`, { headers });
    t.is(answer.status, 304);
    t.is(answer.text, '');
    t.is(answer.headers.etag, `"${digest}"`);
  }
});

test('deleting a blob takes it from this repository only', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const digest = await registry.pushBlob('one', 'shared');
  await registry.pushBlob('two', 'shared');
  const answer = await registry.ask('DELETE', `/v2/one/blobs/${digest}`);
  t.is(answer.status, 202);
  t.is(answer.headers['content-length'], '0');
  t.is((await registry.ask('HEAD', `/v2/one/blobs/${digest}`)).status, 404);
  t.is((await registry.ask('GET', `/v2/two/blobs/${digest}`)).text, 'shared');
  await registry.pushBlob('one', 'shared');
  t.is((await registry.ask('GET', `/v2/one/blobs/${digest}`)).text, 'shared');
});

test('no blob is deleted while deleting is disabled', async (t) => {
  const registry = await withRegistry(t, { storage: { delete: { enabled: false } } });
  const digest = await registry.pushBlob('app', 'kept');
  const answer = await registry.ask('DELETE', `/v2/app/blobs/${digest}`);
  assertError(t, answer, 405, 'UNSUPPORTED');
  t.is(answer.headers.allow, 'GET, HEAD');
  t.is((await registry.ask('GET', `/v2/app/blobs/${digest}`)).text, 'kept');
});

async function pushDigits(registry: Registry): Promise<string> {
  return `/v2/app/blobs/${await registry.pushBlob('app', '0123456789'.repeat(10))}`;
}

test('a range returns its bytes with their offset and length', async (t) => {
  const registry = await withRegistry(t);
  const path = await pushDigits(registry);
  const cases: [string, number, number][] = [
    ['bytes=0-0', 0, 0],
    ['bytes=10-19', 10, 19],
    ['bytes=95-', 95, 99],
    ['bytes=-5', 95, 99],
    ['bytes=-1000', 0, 99],
    ['bytes=50-1000', 50, 99],
    ['bytes=200-300,7-8', 7, 8],
  ];
  for (const [range, first, last] of cases) {
    const answer = await registry.ask('GET', path, { headers: { Range: range } });
    t.is(answer.status, 206, range);
    t.is(answer.text, '0123456789'.repeat(10).slice(first, last + 1));
    t.is(answer.headers['content-range'], `bytes ${first}-${last}/100`);
    t.is(answer.headers['content-length'], String(last - first + 1));
    t.truthy(answer.headers['docker-content-digest']);
  }
});

test('a range without a byte of the blob is answered 416 with the size of the blob', async (t) => {
  const registry = await withRegistry(t);
  const path = await pushDigits(registry);
  for (const range of [
    'bytes=100-',
    'bytes=100-200',
    'bytes=-0',
    'bytes=9-3',
    'bytes=500-0',
    `bytes=${'9'.repeat(30)}-`,
  ]) {
    const answer = await registry.ask('GET', path, { headers: { Range: range } });
    assertError(t, answer, 416, 'SIZE_INVALID');
    t.is(answer.headers['content-range'], 'bytes */100');
    t.is(answer.headers.etag, undefined);
  }
});

test('a malformed range returns the whole blob', async (t) => {
  const registry = await withRegistry(t);
  const path = await pushDigits(registry);
  for (const range of ['bytes', 'bytes=', 'bytes=a-b', 'items=0-1', 'bytes=0-1;2-3', 'bytes=--1', 'bytes=0-99,0-99']) {
    const answer = await registry.ask('GET', path, { headers: { Range: range } });
    t.is(answer.status, 200, range);
    t.is(answer.body.byteLength, 100);
  }
});

test('several ranges come as parts in the order of the request, not merged', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const path = await pushDigits(registry);
  const answer = await registry.ask('GET', path, { headers: { Range: 'bytes=20-24, 0-1,2-3, -2' } });
  t.is(answer.status, 206);
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z]+)$/.exec(answer.headers['content-type'] ?? '')?.[1];
  const part = (range: string, text: string): string =>
    `--${boundary}\r\nContent-Type: application/octet-stream\r\nContent-Range: bytes ${range}/100\r\n\r\n${text}\r\n`;
  const parts = [part('20-24', '01234'), part('0-1', '01'), part('2-3', '23'), part('98-99', '89')];
  t.is(answer.text, `${parts.join('')}--${boundary}--\r\n`);
  t.is(answer.headers['content-length'], String(answer.body.byteLength));
  t.is(answer.headers['content-range'], undefined);
});

test('If-Range lets a range through only with the strong tag of the blob', async (t) => {
  const registry = await withRegistry(t);
  const path = await pushDigits(registry);
  const tag = `"${path.split('/').at(-1)}"`;
  const status = async (value: string): Promise<number> =>
    (await registry.ask('GET', path, { headers: { Range: 'bytes=0-1', 'If-Range': value } })).status;
  t.is(await status(tag), 206);
  for (const value of [`W/${tag}`, '"other"', new Date().toUTCString()]) t.is(await status(value), 200, value);
});
