import test from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  imageManifest,
  locationOf,
  OCI_MANIFEST,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const ZERO_DIGEST = `sha256:${'0'.repeat(64)}`;

const EMPTY = { digest: digestOf('{}'), size: 2 };
const image = { schemaVersion: 2, config: { mediaType: 'application/vnd.oci.empty.v1+json', ...EMPTY }, layers: [] };

/** Manifests of every kind; `{}` is the only blob that they need. */
const KINDS: [string, string, string][] = [
  ['OCI image', OCI_MANIFEST, JSON.stringify({ ...image, mediaType: OCI_MANIFEST })],
  ['OCI image without mediaType', OCI_MANIFEST, `${JSON.stringify(image)}\n`],
  ['OCI artifact', OCI_MANIFEST, JSON.stringify({ ...image, mediaType: OCI_MANIFEST, artifactType: 'a/b' }, null, 3)],
  ['OCI index', OCI_INDEX, JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] })],
  ['schema 2', DOCKER_MANIFEST, JSON.stringify({ ...image, mediaType: DOCKER_MANIFEST })],
  ['manifest list', DOCKER_LIST, JSON.stringify({ schemaVersion: 2, mediaType: DOCKER_LIST, manifests: [] })],
];

for (const [kind, type, body] of KINDS) {
  test(`a manifest of the kind ${kind} comes back byte for byte by tag and by digest`, async (t) => {
    const registry = await withRegistry(t);
    await registry.pushBlob('app', '{}');
    const digest = digestOf(body);
    const put = await registry.putManifest('app', 'v1', { body, type: `${type}; charset=utf-8` });
    t.is(put.status, 201, put.text);
    t.is(put.headers['docker-content-digest'], digest);
    t.is(put.headers['content-length'], '0');
    t.is(locationOf(put), `/v2/app/manifests/${digest}`);
    for (const reference of ['v1', digest]) {
      const get = await registry.ask('GET', `/v2/app/manifests/${reference}`);
      t.is(get.status, 200);
      t.is(get.text, body);
      t.is(get.headers['content-type'], type);
      t.is(get.headers['content-length'], String(body.length));
      t.is(get.headers['docker-content-digest'], digest);
      t.is(get.headers['etag'], `"${digest}"`);
      const head = await registry.ask('HEAD', `/v2/app/manifests/${reference}`);
      t.is(head.text, '');
      const { date: _a, 'x-request-id': _b, ...expected } = get.headers;
      const { date: _c, 'x-request-id': _d, ...given } = head.headers;
      t.deepEqual(given, expected);
    }
  });
}

test('a manifest can be put by its digest, even by sha512, and is then known by that digest', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const body = imageManifest();
  for (const algorithm of ['sha256', 'sha512']) {
    const digest = digestOf(body, algorithm);
    const put = await registry.putManifest('app', digest, { body, type: OCI_MANIFEST });
    t.is(put.status, 201, put.text);
    t.is(put.headers['docker-content-digest'], digest);
    t.is((await registry.ask('GET', `/v2/app/manifests/${encodeURIComponent(digest)}`)).text, body);
  }
  t.is((await registry.ask('GET', '/v2/app/tags/list')).text, '{"name":"app","tags":[]}');
});

test('a manifest that is put by digest gets the tags that the query names, and only there', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const body = imageManifest();
  const digest = digestOf(body, 'sha512');
  const put = await registry.putManifest('app', `${digest}?tag=v1&tag=v2&tag=v1`, { body, type: OCI_MANIFEST });
  t.is(put.status, 201, put.text);
  t.is(put.headers['oci-tag'], 'v1, v2');
  for (const tag of ['v1', 'v2']) {
    t.is((await registry.ask('HEAD', `/v2/app/manifests/${tag}`)).headers['docker-content-digest'], digest);
  }
  const byTag = await registry.putManifest('app', 'v3?tag=v4', { body, type: OCI_MANIFEST });
  t.is(byTag.headers['oci-tag'], undefined);
  t.is((await registry.ask('GET', '/v2/app/tags/list')).text, '{"name":"app","tags":["v1","v2","v3"]}');
});

test('no tag is set if one of several is invalid or there are too many', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const body = imageManifest();
  const put = (query: string) =>
    registry.putManifest('app', `${digestOf(body)}?${query}`, { body, type: OCI_MANIFEST });
  for (const query of ['tag=good&tag=.bad', 'tag=good&tag=', 'tag=good&tag=a/b']) {
    assertError(t, await put(query), 400, 'TAG_INVALID');
  }
  const many = Array.from({ length: 101 }, (_, index) => `tag=v${index}`).join('&');
  assertError(t, await put(many), 414, 'UNSUPPORTED');
  t.is((await registry.ask('GET', '/v2/app/tags/list')).status, 404);
});

test('Accept does not matter, and nothing is compressed', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  const headers = { Accept: [DOCKER_LIST, 'text/html;q=0.5'], 'Accept-Encoding': 'zstd;q=1.0, gzip;q=0.8' };
  const get = await registry.ask('GET', '/v2/app/manifests/v1', { headers });
  t.is(get.headers['content-type'], OCI_MANIFEST);
  t.is(get.headers['content-encoding'], undefined);
  t.is(digestOf(get.body), digest);
});

test('a tag moves to the manifest that is put last', async (t) => {
  const registry = await withRegistry(t);
  const first = await registry.pushImage('app', 'v1', 'one');
  const second = await registry.pushImage('app', 'v1', 'two');
  t.is((await registry.ask('HEAD', '/v2/app/manifests/v1')).headers['docker-content-digest'], second);
  t.is((await registry.ask('HEAD', `/v2/app/manifests/${first}`)).status, 200);
});

test('If-None-Match with the digest, quoted, bare, weak, in a list or as * answers 304', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  for (const value of [`"${digest}"`, digest, `W/"${digest}"`, `"x", "${digest}"`, '*']) {
    for (const method of ['GET', 'HEAD']) {
      const answer = await registry.ask(method, '/v2/app/manifests/v1', { headers: { 'If-None-Match': value } });
      t.is(answer.status, 304, value);
      t.is(answer.text, '');
      t.is(answer.headers['etag'], `"${digest}"`);
      t.is(answer.headers['docker-content-digest'], digest);
    }
  }
  for (const value of ['"x"', ZERO_DIGEST, '', '"']) {
    const answer = await registry.ask('GET', '/v2/app/manifests/v1', { headers: { 'If-None-Match': value } });
    t.is(answer.status, 200, value);
  }
});

test('an unknown tag, digest or repository, and an invalid tag, are answered 404', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('app', 'v1');
  const references = ['v2', ZERO_DIGEST, '.INVALID_MANIFEST_NAME', '-x', 'a'.repeat(129), '%00', 'é'];
  for (const reference of references) {
    const path = `/v2/app/manifests/${encodeURI(reference)}`;
    assertError(t, await registry.ask('GET', path), 404, 'MANIFEST_UNKNOWN');
    t.is((await registry.ask('HEAD', path)).status, 404);
  }
  assertError(t, await registry.ask('GET', '/v2/nobody/manifests/v1'), 404, 'MANIFEST_UNKNOWN');
});

test('a manifest of one repository is unknown in another one', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('mine', 'v1');
  assertError(t, await registry.ask('GET', `/v2/yours/manifests/${digest}`), 404, 'MANIFEST_UNKNOWN');
});

test('a malformed digest is refused by every method', async (t) => {
  const registry = await withRegistry(t);
  for (const digest of ['sha256:abc', 'md5:00', `sha256:${'A'.repeat(64)}`, ':', `sha256:${'0'.repeat(65)}`]) {
    for (const method of ['GET', 'DELETE']) {
      assertError(t, await registry.ask(method, `/v2/app/manifests/${digest}`), 400, 'DIGEST_INVALID');
    }
    assertError(
      t,
      await registry.putManifest('app', digest, { body: '{}', type: OCI_MANIFEST }),
      400,
      'DIGEST_INVALID',
    );
  }
});

test('deleting a tag leaves the manifest, deleting the manifest removes all its tags', async (t) => {
  const registry = await withRegistry(t);
  const digest = await registry.pushImage('app', 'v1');
  for (const tag of ['v2', 'v3']) await registry.pushImage('app', tag);
  await registry.pushImage('app', 'other', 'another layer');
  const untag = await registry.ask('DELETE', '/v2/app/manifests/v1');
  t.is(untag.status, 202);
  t.is(untag.headers['content-length'], '0');
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 404);
  t.is((await registry.ask('GET', `/v2/app/manifests/${digest}`)).status, 200);
  t.is((await registry.ask('DELETE', `/v2/app/manifests/${digest}`)).status, 202);
  for (const reference of ['v2', 'v3', digest]) {
    assertError(t, await registry.ask('GET', `/v2/app/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
  }
  t.is((await registry.ask('GET', '/v2/app/tags/list')).text, '{"name":"app","tags":["other"]}');
});

test('deleting a missing manifest is answered 404, and an invalid tag 400', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushImage('app', 'v1');
  for (const reference of ['v2', ZERO_DIGEST]) {
    assertError(t, await registry.ask('DELETE', `/v2/app/manifests/${reference}`), 404, 'MANIFEST_UNKNOWN');
  }
  assertError(t, await registry.ask('DELETE', '/v2/app/manifests/.x'), 400, 'TAG_INVALID');
});

test('nothing is deleted while deleting is disabled', async (t) => {
  const registry = await withRegistry(t, { storage: { delete: { enabled: false } } });
  const digest = await registry.pushImage('app', 'v1');
  for (const path of ['manifests/v1', `manifests/${digest}`]) {
    const answer = await registry.ask('DELETE', `/v2/app/${path}`);
    assertError(t, answer, 405, 'UNSUPPORTED');
    t.is(answer.headers.allow, 'GET, HEAD, PUT');
    t.is((await registry.ask('GET', `/v2/app/${path}`)).status, 200);
  }
});
