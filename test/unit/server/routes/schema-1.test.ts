import { createPublicKey } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { keyId } from '../../../../core/manifests/schema-1/json-web-key.ts';
import { SignedText } from '../../../../core/manifests/schema-1/signed-text.ts';
import { generateSigningKey } from '../../../../core/manifests/schema-1/signing-key.ts';
import { verify } from '../../../../core/manifests/schema-1/verify.ts';
import { SCHEMA_1_MANIFEST, SCHEMA_1_SIGNED_MANIFEST } from '../../../../core/model/media-types.ts';
import { schema1Payload, signedManifest } from '../../../helpers/content/signed-manifests.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { assertError } from '../../../helpers/http/assert-error.ts';
import type { Answer } from '../../../helpers/http/http-request.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from '../../../helpers/http/with-registry.ts';

const ENABLED = { compatibility: { schema1: { enabled: true } } };
const MANIFEST = '/v2/team/app/manifests/v1';

function withSchema1(t: ExecutionContext): Promise<Registry> {
  return withRegistry(t, { others: ENABLED });
}

/** Pushes layers and gives what names them. */
async function pushLayers(registry: Registry, ...texts: string[]) {
  const layers: string[] = [];
  for (const text of texts) layers.push(await registry.pushBlob('team/app', text));
  return { name: 'team/app', tag: 'v1', layers };
}

function put(registry: Registry, body: Buffer, type: string = SCHEMA_1_SIGNED_MANIFEST): Promise<Answer> {
  return registry.ask('PUT', MANIFEST, { body, headers: type === '' ? {} : { 'Content-Type': type } });
}

function signersOf(answer: Answer): string[] {
  return verify(SignedText.parse(answer.body)).map(keyId);
}

function countCodes(answer: Answer): Record<string, number> {
  const { errors } = JSON.parse(answer.text) as { errors: { code: string }[] };
  return Object.fromEntries(
    Object.entries(Object.groupBy(errors, ({ code }) => code)).map(([code, each = []]) => [code, each.length]),
  );
}

for (const type of [SCHEMA_1_SIGNED_MANIFEST, SCHEMA_1_MANIFEST, 'application/json', '']) {
  test(`a signed manifest that is pushed as ${JSON.stringify(type)} comes back byte for byte`, async (t) => {
    const registry = await withSchema1(t);
    const signed = signedManifest(await pushLayers(registry, 'top', 'base', 'base'));
    const digest = digestOf(signed.payload);
    const pushed = expectStatus(await put(registry, signed.toBytes(), type), 201);
    t.is(pushed.headers['docker-content-digest'], digest);
    t.true(pushed.headers.location?.endsWith(`/v2/team/app/manifests/${digest}`));
    for (const reference of ['v1', digest]) {
      const pulled = await registry.ask('GET', `/v2/team/app/manifests/${reference}`);
      t.is(pulled.status, 200);
      t.deepEqual(pulled.body, signed.toBytes());
      t.is(pulled.headers['content-type'], SCHEMA_1_SIGNED_MANIFEST);
      t.is(pulled.headers['docker-content-digest'], digest);
      const head = await registry.ask('HEAD', `/v2/team/app/manifests/${reference}`);
      t.is(head.headers['content-length'], String(pulled.body.byteLength));
      t.is(head.headers['docker-content-digest'], digest);
    }
    t.deepEqual(JSON.parse((await registry.ask('GET', '/v2/team/app/tags/list')).text), {
      name: 'team/app',
      tags: ['v1'],
    });
  });
}

test('a manifest is pushed by the digest of its signed part, and by no other', async (t) => {
  const registry = await withSchema1(t);
  const signed = signedManifest(await pushLayers(registry, 'base'));
  const [right, wrong] = [signed.payload, signed.toBytes()].map((bytes) => digestOf(bytes));
  const body = signed.toBytes();
  const headers = { 'Content-Type': SCHEMA_1_SIGNED_MANIFEST };
  assertError(
    t,
    await registry.ask('PUT', `/v2/team/app/manifests/${wrong}`, { body, headers }),
    400,
    'DIGEST_INVALID',
  );
  t.is((await registry.ask('PUT', `/v2/team/app/manifests/${right}`, { body, headers })).status, 201);
  t.is((await registry.ask('GET', `/v2/team/app/manifests/${right}`)).status, 200);
});

test('an unsigned manifest with two invalid digests is answered with each of its problems', async (t) => {
  const registry = await withSchema1(t);
  const answer = await put(registry, schema1Payload({ name: 'team/app', tag: 'v1', layers: ['asdf', 'qwer'] }));
  assertError(t, answer, 400, 'MANIFEST_UNVERIFIED');
  t.deepEqual(countCodes(answer), { MANIFEST_UNVERIFIED: 1, MANIFEST_BLOB_UNKNOWN: 2, DIGEST_INVALID: 2 });
});

test('a manifest of another repository and tag, with a missing layer, is answered with each of its problems', async (t) => {
  const registry = await withSchema1(t);
  const { layers } = await pushLayers(registry, 'base');
  const signed = signedManifest({ name: 'other', tag: 'v2', layers: [digestOf('missing'), ...layers] });
  const answer = await put(registry, signed.toBytes());
  t.is(answer.status, 400);
  t.deepEqual(countCodes(answer), { NAME_INVALID: 1, TAG_INVALID: 1, MANIFEST_BLOB_UNKNOWN: 1 });
  const { errors } = JSON.parse(answer.text) as { errors: { code: string; detail: object }[] };
  t.deepEqual(errors[2]?.detail, { digest: digestOf('missing'), at: 'fsLayers[0]' });
  assertError(t, await registry.ask('GET', MANIFEST), 404, 'MANIFEST_UNKNOWN');
});

test('tampered content is MANIFEST_UNVERIFIED, which says why', async (t) => {
  const registry = await withSchema1(t);
  const text = signedManifest(await pushLayers(registry, 'base'))
    .toBytes()
    .toString();
  const answer = await put(registry, Buffer.from(text.replace('amd64', 'arm64')));
  const [error] = assertError(t, answer, 400, 'MANIFEST_UNVERIFIED');
  t.like(error?.detail, { problem: 'invalid-signature' });
});

test('the signed part decides what a manifest is, and not what stands behind it', async (t) => {
  const registry = await withSchema1(t);
  const signed = signedManifest(await pushLayers(registry, 'base'));
  const text = signed.toBytes().toString();
  const longer = `${text.slice(0, text.lastIndexOf('}'))},"fsLayers":[{"blobSum":"${digestOf('other')}"}]}`;
  t.is((await put(registry, Buffer.from(longer))).status, 201);
  t.deepEqual((await registry.ask('GET', MANIFEST)).body, signed.toBytes());
});

test('the signatures of two signers of one manifest are given together, and go with it', async (t) => {
  const registry = await withSchema1(t);
  const content = await pushLayers(registry, 'base');
  const [first, second, third] = [1, 2, 3].map(() => generateSigningKey()) as [
    ReturnType<typeof generateSigningKey>,
    ReturnType<typeof generateSigningKey>,
    ReturnType<typeof generateSigningKey>,
  ];
  for (const key of [first, second]) expectStatus(await put(registry, signedManifest(content, key).toBytes()), 201);
  t.deepEqual(signersOf(await registry.ask('GET', MANIFEST)), [keyId(first), keyId(second)].toSorted());
  const digest = digestOf(schema1Payload(content));
  expectStatus(await registry.ask('DELETE', `/v2/team/app/manifests/${digest}`), 202);
  assertError(t, await registry.ask('GET', MANIFEST), 404, 'MANIFEST_UNKNOWN');
  expectStatus(await put(registry, signedManifest(content, third).toBytes()), 201);
  t.deepEqual(signersOf(await registry.ask('GET', MANIFEST)), [keyId(third)]);
});

test('a manifest with more signers than any client reads is served with some of them', async (t) => {
  const registry = await withSchema1(t);
  const content = await pushLayers(registry, 'base');
  for (let count = 0; count < 40; count += 1) expectStatus(await put(registry, signedManifest(content).toBytes()), 201);
  t.is(signersOf(await registry.ask('GET', MANIFEST)).length, 32);
});

test('the entity tag of a manifest says nothing of its signatures, so that there is none', async (t) => {
  const registry = await withSchema1(t);
  const signed = signedManifest(await pushLayers(registry, 'base'));
  expectStatus(await put(registry, signed.toBytes()), 201);
  const headers = { 'If-None-Match': `"${digestOf(signed.payload)}"` };
  const answer = await registry.ask('GET', MANIFEST, { headers });
  t.is(answer.status, 200);
  t.is(answer.headers.etag, undefined);
});

test('signatures lie where the first versions of distribution keep them', async (t) => {
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: ENABLED });
  const signed = signedManifest(await pushLayers(registry, 'base'));
  expectStatus(await put(registry, signed.toBytes()), 201);
  const files = await readdir(registry.root, { recursive: true });
  const hex = (bytes: Uint8Array | string): string => digestOf(bytes).slice('sha256:'.length);
  const revision = `docker/registry/v2/repositories/team/app/_manifests/revisions/sha256/${hex(signed.payload)}`;
  const [signature] = signed.signatures.map((each) => hex(each.toString()));
  t.true(files.includes(`${revision}/link`));
  t.true(files.includes(`${revision}/signatures/sha256/${signature}/link`));
  t.true(files.includes(`docker/registry/v2/blobs/sha256/${signature?.slice(0, 2)}/${signature}/data`));
});

test('a manifest without signatures, or with those of others only, is signed by the key of the registry', async (t) => {
  const folder = await tempRoot(t);
  const key = generateSigningKey();
  await writeFile(join(folder, 'key.json'), JSON.stringify(key.export({ format: 'jwk' })));
  const compatibility = { schema1: { enabled: true, signingkeyfile: 'key.json' } };
  const registry = await withRegistry(t, { storage: { filesystem: {} }, others: { compatibility }, folder });
  const signed = signedManifest(await pushLayers(registry, 'base'));
  expectStatus(await put(registry, signed.toBytes()), 201);
  const digest = digestOf(signed.payload);
  const revision = join(
    registry.root,
    'docker/registry/v2/repositories/team/app/_manifests/revisions',
    digest.replace(':', '/'),
  );
  // As distribution 2.8 leaves it.
  await rm(join(revision, 'signatures'), { recursive: true });
  t.deepEqual(signersOf(await registry.ask('GET', MANIFEST)), [keyId(createPublicKey(key))]);
  const other = await registry.pushBlob('team/app', '{"header":{}}');
  await rm(join(revision, 'signatures'), { recursive: true, force: true });
  await writeLink(join(revision, 'signatures', other.replace(':', '/')), other);
  t.deepEqual(signersOf(await registry.ask('GET', MANIFEST)), [keyId(createPublicKey(key))]);
});

async function writeLink(folder: string, digest: string): Promise<void> {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'link'), digest);
}

test('schema 1 is off unless it is enabled, and the error says how', async (t) => {
  const registry = await withRegistry(t);
  const signed = signedManifest(await pushLayers(registry, 'base'));
  for (const type of ['', 'application/json']) {
    const [error] = assertError(t, await put(registry, signed.toBytes(), type), 400, 'MANIFEST_INVALID');
    t.regex(JSON.stringify(error?.detail), /compatibility\.schema1\.enabled/);
  }
});

test('a key file that cannot be used prevents the start, and names its key', async (t) => {
  const folder = await tempRoot(t);
  await writeFile(join(folder, 'key.json'), '{"kty":"oct","k":"AAAA"}');
  for (const signingkeyfile of ['key.json', 'missing.json']) {
    const others = { compatibility: { schema1: { enabled: true, signingkeyfile } } };
    await t.throwsAsync(withRegistry(t, { others, folder }), { message: /compatibility\.schema1\.signingkeyfile/ });
  }
});
