import test from 'ava';
import { artifact, artifactIndex, DOCKER_LIST, DOCKER_MANIFEST, push } from '../../helpers/content/artifacts.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { digestOf, type Registry, withRegistry } from '../../helpers/http/with-registry.ts';

const ZERO = `sha256:${'0'.repeat(64)}`;
const BLOB = Buffer.from(Array.from({ length: 2048 }, (_, index) => index % 251));

const MANIFESTS = [
  artifact(),
  artifactIndex(),
  { ...artifact({ mediaType: DOCKER_MANIFEST }), type: DOCKER_MANIFEST },
  { ...artifactIndex({ mediaType: DOCKER_LIST }), type: DOCKER_LIST },
];

test('[oci-7.1, oci-8.1, oci-9.1, oci-12.1] GET and HEAD of a manifest give its digest, length and exact type', async (t) => {
  const registry = await withRegistry(t);
  for (const one of MANIFESTS) {
    await push(registry, 'app', one, 'v1');
    for (const reference of ['v1', one.digest]) {
      for (const method of ['GET', 'HEAD']) {
        const answer = await registry.ask(method, `/v2/app/manifests/${reference}`);
        t.is(answer.status, 200);
        t.is(answer.text, method === 'GET' ? one.body : '');
        t.is(answer.headers['content-type'], one.type);
        t.is(answer.headers['content-length'], String(one.body.length));
        t.is(answer.headers['docker-content-digest'], one.digest);
      }
    }
  }
});

test('[oci-8.2, oci-8.3, oci-12.2] unknown content, in a known repository or not, is answered 404', async (t) => {
  const registry = await withRegistry(t);
  await push(registry, 'app', artifact(), 'v1');
  for (const name of ['app', 'nobody']) {
    for (const path of ['manifests/v2', `manifests/${ZERO}`, `blobs/${ZERO}`]) {
      const code = path.startsWith('blobs') ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN';
      assertError(t, await registry.ask('GET', `/v2/${name}/${path}`), 404, code);
      const head = await registry.ask('HEAD', `/v2/${name}/${path}`);
      t.is(head.status, 404);
      t.is(head.body.byteLength, 0);
    }
  }
});

test('[oci-11.1, oci-11.2, oci-12.1] GET and HEAD of a blob give its digest and length', async (t) => {
  const registry = await withRegistry(t);
  for (const bytes of [BLOB, Buffer.alloc(0)]) {
    const digest = await registry.pushBlob('app', bytes);
    for (const method of ['GET', 'HEAD']) {
      const answer = await registry.ask(method, `/v2/app/blobs/${digest}`);
      t.is(answer.status, 200);
      t.deepEqual(answer.body, method === 'GET' ? bytes : Buffer.alloc(0));
      t.is(answer.headers['content-length'], String(bytes.byteLength));
      t.is(answer.headers['docker-content-digest'], digest);
    }
  }
  assertError(t, await registry.ask('GET', `/v2/app/blobs/${ZERO}`), 404, 'BLOB_UNKNOWN');
});

async function ranged(registry: Registry, range: string, headers = {}) {
  return registry.ask('GET', `/v2/app/blobs/${digestOf(BLOB)}`, { headers: { Range: range, ...headers } });
}

test('[oci-11.3, oci-56.1] one range gives exactly its bytes', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', BLOB);
  const asked: [string, number, number][] = [
    ['bytes=500-1499', 500, 1500],
    ['bytes=500-', 500, 2048],
    ['bytes=-500', 1548, 2048],
    ['bytes=2000-5000', 2000, 2048],
    ['bytes=-5000', 0, 2048],
    ['bytes=0-0', 0, 1],
  ];
  for (const [range, start, end] of asked) {
    const answer = await ranged(registry, range);
    t.is(answer.status, 206, range);
    t.deepEqual(answer.body, BLOB.subarray(start, end));
    t.is(answer.headers['content-range'], `bytes ${start}-${end - 1}/2048`);
    t.is(answer.headers['content-length'], String(end - start));
  }
  t.is((await registry.ask('HEAD', `/v2/app/blobs/${digestOf(BLOB)}`)).headers['accept-ranges'], 'bytes');
});

test('[oci-56.2] a range without a byte of the blob is answered 416 with its size', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', BLOB);
  for (const range of ['bytes=5000-10000', 'bytes=2048-', 'bytes=500-0', 'bytes=-0']) {
    const answer = await ranged(registry, range);
    t.is(answer.status, 416, range);
    t.is(answer.headers['content-range'], 'bytes */2048');
    t.is(answer.headers['content-length'], String(answer.body.byteLength));
  }
  const empty = await registry.pushBlob('app', '');
  const answer = await registry.ask('GET', `/v2/app/blobs/${empty}`, { headers: { Range: 'bytes=0-' } });
  t.is(answer.status, 200);
  t.is(answer.headers['content-range'], undefined);
  t.is(answer.headers['content-length'], '0');
});

test('[oci-56.3] several ranges come as parts in the order of the request, not merged', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', BLOB);
  const answer = await ranged(registry, 'bytes=100-103,0-1,102-104');
  t.is(answer.status, 206);
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z]+)$/.exec(answer.headers['content-type'] ?? '')?.[1];
  t.truthy(boundary);
  const parts = answer.body
    .toString('latin1')
    .split(`--${String(boundary)}`)
    .slice(1, -1);
  t.deepEqual(
    parts.map((part) => /Content-Range: (.*)\r\n/.exec(part)?.[1]),
    ['bytes 100-103/2048', 'bytes 0-1/2048', 'bytes 102-104/2048'],
  );
  t.is(answer.headers['content-length'], String(answer.body.byteLength));
});

test('[oci-56.4] Range is ignored in another unit, in HEAD, and when If-Range names other content', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushBlob('app', BLOB);
  for (const range of ['lines=0-1', 'garbage']) t.is((await ranged(registry, range)).status, 200, range);
  t.is((await ranged(registry, 'bytes=0-1', { 'If-Range': `"${ZERO}"` })).status, 200);
  t.is((await ranged(registry, 'bytes=0-1', { 'If-Range': `"${digest}"` })).status, 206);
  t.is((await ranged(registry, 'bytes=0-1', { 'If-None-Match': `"x", "${digest}"` })).status, 304);
  const head = await registry.ask('HEAD', `/v2/app/blobs/${digest}`, { headers: { Range: 'bytes=0-1' } });
  t.is(head.status, 200);
  t.is(head.headers['content-length'], '2048');
});
