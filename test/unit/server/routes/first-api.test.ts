import test from 'ava';
import { digestOf as digestBy } from '../../../../core/digest/digest.ts';
import { archive, END } from '../../../helpers/content/ustar.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import { pathOf } from '../../../helpers/http/http-request.ts';
import { digestOf, type Registry, withQuery, withRegistry } from '../../../helpers/http/with-registry.ts';

const LAYER = archive({ name: 'etc/', typeflag: '5' }, { name: 'etc/file', body: 'text'.repeat(3000) });
const EMPTY = digestOf('');

/** Pushes a layer as docker 1.3 to 1.5 did: the bytes in the request that ends the upload, with their size. */
async function push(registry: Registry, name: string, { body, digest }: { body: Buffer; digest: string }) {
  const location = await registry.startUpload(name);
  const query = { size: String(body.byteLength), digest };
  return await registry.ask('PUT', withQuery(location, query), { body });
}

for (const digest of [digestOf(LAYER), String(digestBy(LAYER, 'tarsum.v1+sha256'))]) {
  test(`a layer is unknown, pushed in one request, and found at its own URL, by ${digest.split(':')[0]}`, async (t) => {
    const registry = await withRegistry(t);
    const url = `/v2/foo/bar/blobs/${digest}`;
    t.is((await registry.ask('HEAD', url)).status, 404);
    assertError(t, await registry.ask('GET', url), 404, 'BLOB_UNKNOWN');

    const pushed = await push(registry, 'foo/bar', { body: LAYER, digest });
    t.is(pushed.status, 201);
    t.is(decodeURIComponent(pathOf(pushed.headers.location)), url);
    t.is(pushed.headers['content-length'], '0');

    t.like((await registry.ask('HEAD', url)).headers, { 'content-length': String(LAYER.byteLength) });
    const pulled = await registry.ask('GET', url);
    t.is(pulled.status, 200);
    t.is(String(digestBy(pulled.body, digest.split(':')[0])), digest);
  });
}

test('a cancelled upload is unknown, and the same layer can be pushed afterwards', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.sendChunk(await registry.startUpload('foo/bar'), LAYER.subarray(0, 100));
  t.is((await registry.ask('DELETE', location)).status, 204);
  assertError(t, await registry.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
  t.is((await push(registry, 'foo/bar', { body: LAYER, digest: digestOf(LAYER) })).status, 201);
});

test('no bytes, and an archive of nothing but zeros, are layers; no bytes are not those of another digest', async (t) => {
  const registry = await withRegistry(t);
  const none = Buffer.alloc(0);
  const foreign = digestOf(LAYER);
  const refused = await push(registry, 'foo/bar', { body: none, digest: foreign });
  const [error] = assertError(t, refused, 400, 'DIGEST_INVALID');
  t.like(error?.detail, { digest: foreign });
  for (const [body, digest] of [
    [none, EMPTY],
    [END, digestOf(END)],
    [END, EMPTY.replace('sha256', 'tarsum.v1+sha256')],
  ] as const) {
    t.is((await push(registry, 'foo/bar', { body, digest })).status, 201, digest);
    t.true((await registry.ask('GET', `/v2/foo/bar/blobs/${digest}`)).body.equals(body));
  }
});

test('a layer of two repositories stays whole when one of them pushes other bytes under its digest', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  const digest = digestOf(LAYER);
  for (const name of ['foo/bar', 'foo/other']) t.is((await push(registry, name, { body: LAYER, digest })).status, 201);
  const body = Buffer.from(LAYER);
  body.fill('x', 600);
  assertError(t, await push(registry, 'foo/other', { body, digest }), 400, 'DIGEST_INVALID');
  for (const name of ['foo/bar', 'foo/other']) {
    t.true((await registry.ask('GET', `/v2/${name}/blobs/${digest}`)).body.equals(LAYER));
  }
});
