import { Readable } from 'node:stream';
import test from 'ava';
import { COARSE_BYTES, COARSE_DRIVER } from '../../helpers/drivers/coarse-driver.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import {
  digestOf,
  expectStatus,
  locationOf,
  type Registry,
  withQuery,
  withRegistry,
} from '../../helpers/http/with-registry.ts';

const BLOB = 'a blob in chunks';
const DIGEST = digestOf(BLOB);
const OCTETS = { 'Content-Type': 'application/octet-stream' };

function patch(registry: Registry, location: string, range: string | undefined, body: string) {
  const headers = { ...OCTETS, ...(range === undefined ? {} : { 'Content-Range': range }) };
  return registry.ask('PATCH', location, { body, headers });
}

test('[oci-14.1] every form of upload refuses a malformed digest', async (t) => {
  const registry = await withRegistry(t);
  for (const digest of ['sha256:abc', 'md5:d41d8cd98f00b204e9800998ecf8427e', 'abc', `sha256:${'A'.repeat(64)}`]) {
    const single = await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${digest}`, { body: BLOB });
    assertError(t, single, 400, 'DIGEST_INVALID');
    const put = await registry.finishUpload(await registry.startUpload('app'), digest, { body: BLOB });
    assertError(t, put, 400, 'DIGEST_INVALID');
    const chunked = await registry.sendChunk(await registry.startUpload('app'), BLOB);
    assertError(t, await registry.finishUpload(chunked, digest), 400, 'DIGEST_INVALID');
    assertError(t, await registry.ask('POST', `/v2/app/blobs/uploads/?mount=${digest}`), 400, 'DIGEST_INVALID');
  }
  const unknown = await registry.ask('POST', '/v2/app/blobs/uploads/?digest-algorithm=md5');
  assertError(t, unknown, 400, 'DIGEST_INVALID');
});

test('[oci-14.2, oci-17.1] an uploaded blob with another digest or length is refused and stored nowhere', async (t) => {
  const registry = await withRegistry(t);
  const wrong = digestOf('something else');
  const answers = [
    await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${wrong}`, { body: BLOB }),
    await registry.finishUpload(await registry.startUpload('app'), wrong, { body: BLOB }),
    await registry.finishUpload(await registry.sendChunk(await registry.startUpload('app'), BLOB), wrong),
  ];
  for (const answer of answers) assertError(t, answer, 400, 'DIGEST_INVALID');
  for (const digest of [wrong, DIGEST]) {
    t.is((await registry.ask('HEAD', `/v2/app/blobs/${digest}`)).status, 404);
  }
});

test('[oci-15.1, oci-15.2] POST begins an upload whose Location has a UUID', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('POST', '/v2/app/blobs/uploads/', { headers: { 'Content-Length': '0' } });
  t.is(answer.status, 202);
  t.regex(locationOf(answer), /\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\?/);
});

test('[oci-15.3] the query of a location may be reordered and re-encoded', async (t) => {
  const registry = await withRegistry(t);
  const [path, query] = (await registry.startUpload('app')).split('?');
  const encoded = new URLSearchParams(query).toString();
  const answer = await registry.ask('PUT', `${path}?digest=${encodeURIComponent(DIGEST)}&${encoded}`, { body: BLOB });
  t.is(answer.status, 201, answer.text);
});

test('[oci-16.1, oci-18.1] PUT with the digest and the body ends an upload with a Location that can be pulled', async (t) => {
  const registry = await withRegistry(t);
  for (const body of [BLOB, '']) {
    const digest = digestOf(body);
    const answer = await registry.finishUpload(await registry.startUpload('app'), digest, { body, headers: OCTETS });
    t.is(answer.status, 201);
    t.is(answer.headers['docker-content-digest'], digest);
    t.is(answer.headers['content-length'], '0');
    t.is((await registry.ask('GET', locationOf(answer))).text, body);
  }
});

test('[oci-17.2] a single POST stores the blob', async (t) => {
  const registry = await withRegistry(t);
  const answer = await registry.ask('POST', `/v2/app/blobs/uploads/?digest=${DIGEST}`, { body: BLOB, headers: OCTETS });
  t.is(answer.status, 201);
  t.is((await registry.ask('GET', locationOf(answer))).text, BLOB);
});

test('[oci-19.1] digest-algorithm is a hint, and the closing digest may be by another one', async (t) => {
  const registry = await withRegistry(t);
  for (const hint of ['sha256', 'sha512', undefined]) {
    for (const algorithm of ['sha256', 'sha512']) {
      const query = hint === undefined ? '' : `?digest-algorithm=${hint}`;
      const begun = expectStatus(await registry.ask('POST', `/v2/app/blobs/uploads/${query}`), 202);
      const location = await registry.sendChunk(locationOf(begun), BLOB);
      const digest = digestOf(BLOB, algorithm);
      t.is((await registry.finishUpload(location, digest)).headers['docker-content-digest'], digest);
    }
  }
});

test('[oci-20.1] the smallest chunk is announced if the storage has one, and only then', async (t) => {
  const coarse = await withRegistry(t, { storage: { [COARSE_DRIVER]: {} } });
  const told = await coarse.ask('POST', '/v2/app/blobs/uploads/');
  t.is(told.headers['oci-chunk-min-length'], String(COARSE_BYTES));
  const fine = await withRegistry(t);
  t.is((await fine.ask('POST', '/v2/app/blobs/uploads/')).headers['oci-chunk-min-length'], undefined);
});

test('[oci-21.1, oci-21.2, oci-24.1] chunks in order make the blob, and Range counts the whole of it', async (t) => {
  const registry = await withRegistry(t);
  for (const lastInPut of [false, true]) {
    const first = await patch(registry, await registry.startUpload('app'), '0-5', BLOB.slice(0, 6));
    t.is(first.status, 202);
    t.is(first.headers['range'], '0-5');
    const second = await patch(registry, locationOf(first), '6-9', BLOB.slice(6, 10));
    t.is(second.status, 202);
    t.is(second.headers['range'], '0-9');
    const rest = { 'Content-Range': `10-${BLOB.length - 1}`, body: BLOB.slice(10) };
    const last = lastInPut ? second : await patch(registry, locationOf(second), rest['Content-Range'], rest.body);
    const closing = lastInPut ? { body: rest.body, headers: { 'Content-Range': rest['Content-Range'] } } : {};
    const answer = await registry.finishUpload(locationOf(last), DIGEST, closing);
    t.is(answer.status, 201, answer.text);
    t.is((await registry.ask('GET', locationOf(answer))).text, BLOB);
    t.is((await registry.ask('DELETE', `/v2/app/blobs/${DIGEST}`)).status, 202);
  }
});

test('[oci-22.1, oci-22.2, oci-22.3] a chunk out of order is refused, and the upload continues as if it had not been sent', async (t) => {
  const registry = await withRegistry(t);
  const begun = await registry.startUpload('app');
  const ahead = await patch(registry, begun, '6-9', BLOB.slice(6, 10));
  t.is(ahead.status, 416);
  const first = await patch(registry, begun, '0-5', BLOB.slice(0, 6));
  t.is(first.status, 202);
  const wrong = [
    await patch(registry, begun, '0-5', BLOB.slice(0, 6)),
    await patch(registry, locationOf(first), '0-5', BLOB.slice(0, 6)),
    await patch(registry, locationOf(first), '7-9', BLOB.slice(7, 10)),
    await registry.finishUpload(locationOf(first), DIGEST, { body: 'x', headers: { 'Content-Range': '9-9' } }),
  ];
  for (const answer of wrong) {
    t.is(answer.status, 416);
    t.is(answer.headers['range'], '0-5');
    const status = await registry.ask('GET', locationOf(answer));
    t.is(status.status, 204);
    t.is(status.headers['range'], '0-5');
  }
  const last = await patch(registry, locationOf(wrong[0] ?? first), `6-${BLOB.length - 1}`, BLOB.slice(6));
  t.is((await registry.finishUpload(locationOf(last), DIGEST)).status, 201);
});

test('[oci-22.4] a Content-Range that is malformed or of another length than the body is refused', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.startUpload('app');
  for (const range of ['x', '0', 'bytes=0', '-5', '0-']) {
    assertError(t, await patch(registry, location, range, 'abcdef'), 400, 'BLOB_UPLOAD_INVALID');
  }
  assertError(t, await patch(registry, location, '0-6', 'abcdef'), 400, 'SIZE_INVALID');
  t.is((await patch(registry, location, '0-5', 'abcdef')).status, 202);
});

test('[oci-23.1] a stream without length and Content-Range is appended', async (t) => {
  const registry = await withRegistry(t);
  const body = Readable.from([Buffer.from(BLOB.slice(0, 4)), Buffer.from(BLOB.slice(4))]);
  const answer = await registry.ask('PATCH', await registry.startUpload('app'), { body, headers: OCTETS });
  t.is(answer.status, 202);
  t.is(answer.headers['range'], `0-${BLOB.length - 1}`);
  t.is((await registry.finishUpload(locationOf(answer), DIGEST)).status, 201);
});

test('[oci-25.1, oci-25.2, oci-25.3] the status of an upload is given at any of its locations, and at no other', async (t) => {
  const registry = await withRegistry(t);
  const begun = await registry.startUpload('app');
  const later = await registry.sendChunk(begun, BLOB);
  for (const location of [begun, later, withQuery(later, { digest: DIGEST })]) {
    const answer = await registry.ask('GET', location);
    t.is(answer.status, 204);
    t.is(answer.headers['range'], `0-${BLOB.length - 1}`);
    t.truthy(answer.headers.location);
  }
  const unknown = '/v2/app/blobs/uploads/00000000-0000-0000-0000-000000000000';
  assertError(t, await registry.ask('GET', unknown), 404, 'BLOB_UPLOAD_UNKNOWN');
});

test('[oci-26.1] DELETE cancels an upload, once', async (t) => {
  const registry = await withRegistry(t);
  const location = await registry.sendChunk(await registry.startUpload('app'), BLOB);
  t.is((await registry.ask('DELETE', location, { headers: { 'Content-Length': '0' } })).status, 204);
  assertError(t, await registry.ask('DELETE', location), 404, 'BLOB_UPLOAD_UNKNOWN');
  assertError(t, await registry.finishUpload(location, DIGEST), 404, 'BLOB_UPLOAD_UNKNOWN');
});

test('[oci-27.1, oci-28.1] a mount with or without a source gives a Location that can be pulled', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('source', BLOB);
  for (const [name, query] of [
    ['one', '&from=source'],
    ['two', ''],
  ] as const) {
    const answer = await registry.ask('POST', `/v2/${name}/blobs/uploads/?mount=${DIGEST}${query}`);
    t.is(answer.status, 201, answer.text);
    t.is(locationOf(answer), `/v2/${name}/blobs/${DIGEST}`);
    t.is(answer.headers['docker-content-digest'], DIGEST);
    t.is((await registry.ask('GET', locationOf(answer))).text, BLOB);
  }
});

test('[oci-29.1] a mount that is not possible begins an upload', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('other', 'something else');
  for (const query of ['', '&from=other', '&from=nobody', '&from=-invalid-']) {
    const answer = await registry.ask('POST', `/v2/app/blobs/uploads/?mount=${DIGEST}${query}`);
    t.is(answer.status, 202, query);
    t.is((await registry.ask('DELETE', locationOf(answer))).status, 204);
  }
});
