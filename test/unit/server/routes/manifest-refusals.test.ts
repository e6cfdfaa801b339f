import test, { type ExecutionContext } from 'ava';
import { assertError } from '../../../helpers/http/assert-error.ts';
import {
  digestOf,
  imageManifest,
  OCI_MANIFEST,
  type Registry,
  withRegistry,
} from '../../../helpers/http/with-registry.ts';

async function assertNothingStored(t: ExecutionContext, registry: Registry): Promise<void> {
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 404);
  t.is((await registry.ask('GET', '/v2/_catalog')).text, '{"repositories":[]}');
}

test('a manifest under another digest is refused and not stored', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const digest = digestOf('other bytes');
  const [error] = assertError(
    t,
    await registry.putManifest('app', digest, { body: imageManifest(), type: OCI_MANIFEST }),
    400,
    'DIGEST_INVALID',
  );
  t.deepEqual(error?.detail, { digest, computed: digestOf(imageManifest()) });
  t.is((await registry.ask('GET', `/v2/app/manifests/${digest}`)).status, 404);
});

test('every blob that a manifest names and the repository lacks is named in one answer', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', 'present');
  await registry.pushBlob('elsewhere', 'two');
  const body = imageManifest('one', 'present', 'two');
  const errors = assertError(
    t,
    await registry.putManifest('app', 'v1', { body, type: OCI_MANIFEST }),
    400,
    'MANIFEST_BLOB_UNKNOWN',
  );
  t.true(errors.every(({ code }) => code === 'MANIFEST_BLOB_UNKNOWN'));
  t.deepEqual(
    errors.map(({ detail }) => (detail as { digest: string }).digest),
    ['{}', 'one', 'two'].map((text) => digestOf(text)),
  );
  await assertNothingStored(t, registry);
});

test('the children of an index must exist', async (t) => {
  const registry = await withRegistry(t);
  const child = await registry.pushImage('app', 'child');
  const type = 'application/vnd.oci.image.index.v1+json';
  const index = (digest: string): string =>
    JSON.stringify({ schemaVersion: 2, mediaType: type, manifests: [{ mediaType: OCI_MANIFEST, digest, size: 10 }] });
  t.is((await registry.putManifest('app', 'v1', { body: index(child), type })).status, 201);
  const missing = digestOf('missing');
  const [error] = assertError(
    t,
    await registry.putManifest('app', 'v2', { body: index(missing), type }),
    400,
    'MANIFEST_BLOB_UNKNOWN',
  );
  t.like(error?.detail, { digest: missing, at: 'manifests[0]' });
});

test('a manifest that cannot be read is refused with the reason', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const manifest = JSON.parse(imageManifest()) as Record<string, unknown>;
  const cases: [string | Uint8Array, string][] = [
    ['', OCI_MANIFEST],
    ['{', OCI_MANIFEST],
    ['[]', OCI_MANIFEST],
    ['null', OCI_MANIFEST],
    ['"text"', OCI_MANIFEST],
    ['{}', OCI_MANIFEST],
    [Buffer.from([0xff, 0xfe, 0x00]), OCI_MANIFEST],
    ['['.repeat(100_000), OCI_MANIFEST],
    [`${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`, OCI_MANIFEST],
    [JSON.stringify({ ...manifest, schemaVersion: 1 }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, schemaVersion: '2' }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, layers: {} }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, layers: [null] }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, config: 7 }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, manifests: [] }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, subject: 'x' }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, annotations: { a: 1 } }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, artifactType: 1 }), OCI_MANIFEST],
    [JSON.stringify({ ...manifest, mediaType: 1 }), OCI_MANIFEST],
    [imageManifest(), 'text/plain'],
    [imageManifest(), 'application/vnd.docker.distribution.manifest.v2+json'],
    [imageManifest(), 'application/vnd.docker.distribution.manifest.v1+prettyjws'],
  ];
  for (const [body, type] of cases) {
    const [error] = assertError(t, await registry.putManifest('app', 'v1', { body, type }), 400, 'MANIFEST_INVALID');
    t.is(typeof (error?.detail as { reason?: unknown }).reason, 'string', String(body).slice(0, 80));
  }
  await assertNothingStored(t, registry);
});

test('a descriptor with a malformed digest is refused by name', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const manifest = JSON.parse(imageManifest()) as Record<string, unknown>;
  const layers = [
    { mediaType: 'a/b', digest: 'sha256:x', size: 1 },
    { mediaType: 'a/b', digest: '../../../etc/passwd', size: 1 },
    { mediaType: 'a/b', digest: digestOf('x'), size: -1 },
    { mediaType: 'a/b', digest: digestOf('x'), size: 1.5 },
  ];
  const body = JSON.stringify({ ...manifest, layers });
  const answer = await registry.putManifest('app', 'v1', { body, type: OCI_MANIFEST });
  t.is(answer.status, 400);
  t.is(assertError(t, answer, 400, 'DIGEST_INVALID').length, 4, answer.text);
  await assertNothingStored(t, registry);
});

test('an invalid tag cannot be put', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  for (const tag of ['.x', '-x', 'a'.repeat(129), 'a%20b']) {
    const answer = await registry.putManifest('app', tag, { body: imageManifest(), type: OCI_MANIFEST });
    assertError(t, answer, 400, 'TAG_INVALID');
  }
  await assertNothingStored(t, registry);
});

const LIMIT = 1024 * 1024;

test('a manifest of exactly the largest size is accepted', async (t) => {
  const registry = await withRegistry(t, { http: { maxmanifestsize: '1MiB' } });
  await registry.pushBlob('app', '{}');
  const body = imageManifest().padEnd(LIMIT, ' ');
  t.is((await registry.putManifest('app', 'v1', { body, type: OCI_MANIFEST })).status, 201);
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).text, body);
});

test('a manifest that is too large is refused with 413, whether its length is announced or not', async (t) => {
  const registry = await withRegistry(t, { http: { maxmanifestsize: '1MiB' } });
  await registry.pushBlob('app', '{}');
  const chunked = (body: Uint8Array): AsyncIterable<Uint8Array> =>
    (async function* () {
      for (let at = 0; at < body.byteLength; at += 65_536) yield body.subarray(at, at + 65_536);
    })();
  for (const size of [LIMIT + 1, 8 * LIMIT]) {
    const body = Buffer.from(imageManifest().padEnd(size, ' '));
    for (const sent of [body, chunked(body)]) {
      const [error] = assertError(
        t,
        await registry.putManifest('app', 'v1', { body: sent, type: OCI_MANIFEST }),
        413,
        'SIZE_INVALID',
      );
      t.deepEqual(error?.detail, { maxBytes: LIMIT });
    }
  }
  await assertNothingStored(t, registry);
});
