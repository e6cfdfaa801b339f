import { readdir } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import { type Digest, digestOf as digestBy } from '../../../../core/digest/digest.ts';
import { signedManifest } from '../../../helpers/content/signed-manifests.ts';
import { archive, entry } from '../../../helpers/content/ustar.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  expectStatus,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

const MIB = 1024 * 1024;
const SMALL = archive({ name: 'etc/', typeflag: '5' }, { name: 'etc/file', body: 'text' });
const LARGE = archive({ name: 'large', body: Buffer.alloc(9 * MIB, 'x') }, { name: 'small', body: 'text' });
const EMPTY = 'tarsum.v1+sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const tarsumOf = (bytes: Uint8Array, version = 'tarsum.v1'): Digest => digestBy(bytes, `${version}+sha256`);
const blobPath = (digest: string, name = 'app'): string => `/v2/${name}/blobs/${digest}`;

async function assertBoth(
  t: ExecutionContext,
  registry: Registry,
  digests: readonly string[],
  bytes: Buffer,
  name?: string,
) {
  for (const digest of digests) {
    const answer = await registry.ask('GET', blobPath(digest, name));
    t.is(answer.status, 200, digest);
    t.true(answer.body.equals(bytes));
    t.is(answer.headers['docker-content-digest'], digest);
    t.is((await registry.ask('HEAD', blobPath(digest, name))).headers['content-length'], String(bytes.byteLength));
  }
}

for (const version of ['tarsum', 'tarsum.v1', 'tarsum.dev']) {
  test(`a blob that is pushed by ${version} is found by it and by its sha256`, async (t) => {
    const registry = await withRegistry(t);
    const digest = tarsumOf(SMALL, version);
    const answer = await registry.finishUpload(await registry.startUpload('app'), digest, { body: SMALL });
    t.is(answer.status, 201);
    t.is(answer.headers['docker-content-digest'], digest);
    t.true(decodeURIComponent(answer.headers.location ?? '').endsWith(blobPath(digest)));
    await assertBoth(t, registry, [digest, digestOf(SMALL)], SMALL);
  });
}

for (const driver of ['inmemory', 'filesystem'] as const) {
  test(`a large blob that is pushed in chunks by tarsum is found by both names in storage ${driver}`, async (t) => {
    const registry = await withRegistry(t, { storage: { [driver]: {} } });
    let location = await registry.startUpload('app');
    for (let at = 0; at < LARGE.byteLength; at += 4_000_001) {
      location = await registry.sendChunk(location, LARGE.subarray(at, at + 4_000_001));
    }
    t.is((await registry.finishUpload(location, tarsumOf(LARGE))).status, 201);
    await assertBoth(t, registry, [tarsumOf(LARGE), digestOf(LARGE)], LARGE);
    const range = await registry.ask('GET', blobPath(tarsumOf(LARGE)), { headers: { Range: 'bytes=512-515' } });
    t.is(range.text, 'xxxx');
  });
}

test('one request with all bytes pushes a blob by tarsum', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  for (const bytes of [SMALL, LARGE]) {
    const query = new URLSearchParams({ digest: tarsumOf(bytes) }).toString();
    t.is((await registry.ask('POST', `/v2/app/blobs/uploads/?${query}`, { body: bytes })).status, 201);
    await assertBoth(t, registry, [tarsumOf(bytes), digestOf(bytes)], bytes);
  }
});

test('no bytes at all have the tarsum of nothing', async (t) => {
  const registry = await withRegistry(t);
  t.is((await registry.finishUpload(await registry.startUpload('app'), EMPTY)).status, 201);
  await assertBoth(t, registry, [EMPTY, digestOf('')], Buffer.alloc(0));
});

test('both generations of sums name an archive whose entries have an owner', async (t) => {
  const registry = await withRegistry(t);
  const bytes = archive({ name: 'file', body: 'text', uname: 'ada' });
  const blank = tarsumOf(archive({ name: 'file', body: 'text' }));
  t.not(tarsumOf(bytes), blank);
  for (const digest of [tarsumOf(bytes), blank]) {
    t.is((await registry.finishUpload(await registry.startUpload('app'), digest, { body: bytes })).status, 201);
  }
  await assertBoth(t, registry, [tarsumOf(bytes), blank, digestOf(bytes)], bytes);
});

test('the content is stored once, under its sha256, with a link for each name', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} } });
  for (const bytes of [SMALL, LARGE]) {
    expectStatus(await registry.finishUpload(await registry.startUpload('app'), tarsumOf(bytes), { body: bytes }), 201);
  }
  const files = (await readdir(registry.root, { recursive: true })).filter((path) => /\/(?:data|link)$/.test(path));
  const hexes = [SMALL, LARGE].map((bytes) => [tarsumOf(bytes), digestOf(bytes)].map((digest) => digest.split(':')[1]));
  t.deepEqual(
    files.toSorted(),
    hexes
      .flatMap(([tarsum, hex]) => [
        `docker/registry/v2/blobs/sha256/${hex?.slice(0, 2)}/${hex}/data`,
        `docker/registry/v2/repositories/app/_layers/sha256/${hex}/link`,
        `docker/registry/v2/repositories/app/_layers/tarsum/v1/sha256/${tarsum}/link`,
      ])
      .toSorted(),
  );
});

for (const [what, body] of Object.entries({
  'another archive': archive({ name: 'other' }),
  'no archive': Buffer.from('text'),
  'an archive that is cut off': SMALL.subarray(0, 700),
  'a large file': Buffer.alloc(2 * MIB, 'x'),
  'a large archive of another tarsum': LARGE,
})) {
  test(`${what} is refused, and its upload is over`, async (t) => {
    const registry = await withRegistry(t, { storage: { filesystem: {} } });
    const location = await registry.sendChunk(await registry.startUpload('app'), body);
    const [error] = assertError(t, await registry.finishUpload(location, tarsumOf(SMALL)), 400, 'DIGEST_INVALID');
    t.truthy((error?.detail as { reason?: string }).reason);
    assertError(t, await registry.ask('GET', location), 404, 'BLOB_UPLOAD_UNKNOWN');
    const direct = await registry.finishUpload(await registry.startUpload('app'), tarsumOf(SMALL), { body });
    assertError(t, direct, 400, 'DIGEST_INVALID');
    for (const digest of [tarsumOf(SMALL), digestOf(body)])
      t.is((await registry.ask('HEAD', blobPath(digest))).status, 404);
  });
}

test('a blob is mounted by its tarsum, under both names', async (t) => {
  const registry = await withRegistry(t);
  expectStatus(await registry.finishUpload(await registry.startUpload('app'), tarsumOf(SMALL), { body: SMALL }), 201);
  const query = new URLSearchParams({ mount: tarsumOf(SMALL), from: 'app' }).toString();
  t.is((await registry.ask('POST', `/v2/other/blobs/uploads/?${query}`)).status, 201);
  await assertBoth(t, registry, [tarsumOf(SMALL), digestOf(SMALL)], SMALL, 'other');
});

test('a deleted tarsum is one name less', async (t) => {
  const registry = await withRegistry(t);
  expectStatus(await registry.finishUpload(await registry.startUpload('app'), tarsumOf(SMALL), { body: SMALL }), 201);
  t.is((await registry.ask('DELETE', blobPath(tarsumOf(SMALL)))).status, 202);
  t.is((await registry.ask('HEAD', blobPath(tarsumOf(SMALL)))).status, 404);
  await assertBoth(t, registry, [digestOf(SMALL)], SMALL);
});

test('no manifest has a tarsum, and an OCI manifest names nothing by one', async (t) => {
  const registry = await withRegistry(t);
  const digest = tarsumOf(SMALL);
  const body = JSON.stringify({
    ...{ schemaVersion: 2, mediaType: OCI_MANIFEST, layers: [] },
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest, size: SMALL.byteLength },
  });
  expectStatus(await registry.finishUpload(await registry.startUpload('app'), digest, { body: SMALL }), 201);
  assertError(t, await registry.putManifest('app', digest, { body, type: OCI_MANIFEST }), 400, 'DIGEST_INVALID');
  assertError(t, await registry.putManifest('app', 'v1', { body, type: OCI_MANIFEST }), 400, 'DIGEST_INVALID');
  assertError(t, await registry.ask('GET', `/v2/app/manifests/${digest}`), 400, 'DIGEST_INVALID');
  assertError(t, await registry.ask('GET', `/v2/app/referrers/${digest}`), 400, 'DIGEST_INVALID');
});

test('a signed manifest of schema 1 names its layers by tarsum', async (t) => {
  const registry = await withRegistry(t, { others: { compatibility: { schema1: { enabled: true } } } });
  const digest = tarsumOf(SMALL);
  const signed = signedManifest({ name: 'app', tag: 'v1', layers: [digest] });
  const push = () => registry.ask('PUT', '/v2/app/manifests/v1', { body: signed.toBytes() });
  assertError(t, await push(), 400, 'MANIFEST_BLOB_UNKNOWN');
  expectStatus(await registry.finishUpload(await registry.startUpload('app'), digest, { body: SMALL }), 201);
  t.is((await push()).status, 201);
  t.deepEqual((await registry.ask('GET', '/v2/app/manifests/v1')).body, signed.toBytes());
});

for (const digest of [
  `tarsum.v23+sha256:${'0'.repeat(64)}`,
  `tarsum.v1+md5:${'0'.repeat(32)}`,
  'tarsum.v1+sha256:12',
]) {
  test(`${digest.slice(0, 20)}… is no digest`, async (t) => {
    const registry = await withRegistry(t);
    const answer = await registry.finishUpload(await registry.startUpload('app'), digest, {
      body: entry({ name: 'a' }),
    });
    assertError(t, answer, 400, 'DIGEST_INVALID');
    assertError(t, await registry.ask('GET', blobPath(digest)), 400, 'DIGEST_INVALID');
  });
}
