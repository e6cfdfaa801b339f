import { Readable } from 'node:stream';
import test from 'ava';
import { RemoteError } from '../../../../client/index.ts';
import { digestOf, parseDigest } from '../../../../core/digest/digest.ts';
import { SCHEMA_1_SIGNED_MANIFEST } from '../../../../core/model/media-types.ts';
import {
  fallbackTag,
  parseReference,
  parseRepositoryName,
  parseTag,
  type Tag,
} from '../../../../core/model/reference.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { artifact, artifactIndex, descriptorOf, OCI_INDEX } from '../../../helpers/content/artifacts.ts';
import { signedManifest } from '../../../helpers/content/signed-manifests.ts';
import { imageManifest, OCI_MANIFEST, withRegistry } from '../../../helpers/http/with-registry.ts';

const NAME = parseRepositoryName('team/app');
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };

test('a manifest is put under several tags, found, given as it was put, and removed', async (t) => {
  const server = await withRegistry(t);
  const remote = openRemote(t, server.address);
  await server.pushBlob(NAME, '{}');
  await server.pushBlob(NAME, 'layer');
  const bytes = Buffer.from(imageManifest('layer'));
  const digest = digestOf(bytes);
  const tags = ['v1', 'v1.2', 'latest'].map(parseTag);
  const put = await remote.manifests.put(NAME, parseReference(digest), { bytes, contentType: OCI_MANIFEST, tags });
  t.deepEqual({ ...put }, { ...put, digest, mediaType: OCI_MANIFEST, subject: undefined, warnings: [] });
  t.deepEqual([...(await remote.tags.list(NAME, ALL)).items], [...tags].sort());
  for (const tag of tags) {
    const stored = await remote.manifests.get(NAME, { kind: 'tag', tag });
    t.deepEqual(stored, { digest, mediaType: OCI_MANIFEST, bytes });
    t.deepEqual(await remote.manifests.stat(NAME, { kind: 'tag', tag }), {
      ...{ digest, mediaType: OCI_MANIFEST },
      size: bytes.length,
    });
  }
  await remote.manifests.delete(NAME, parseReference('v1'));
  t.false(await remote.manifests.exists(NAME, parseReference('v1')));
  await remote.manifests.delete(NAME, parseReference(digest));
  await t.throwsAsync(remote.manifests.get(NAME, parseReference(digest)), { code: 'MANIFEST_UNKNOWN' });
});

test('the error of a refused manifest names everything that is missing, and the request', async (t) => {
  const { address } = await withRegistry(t);
  const { manifests } = openRemote(t, address);
  const bytes = Buffer.from(imageManifest('one', 'two'));
  const error = await t.throwsAsync(manifests.put(NAME, parseReference('v1'), { bytes, contentType: OCI_MANIFEST }), {
    instanceOf: RemoteError,
  });
  t.is(error.status, 400);
  t.is(error.code, 'MANIFEST_BLOB_UNKNOWN');
  t.is(error.errors.length, 3);
  t.deepEqual(
    error.errors.map(({ detail }) => detail?.['digest']),
    ['{}', 'one', 'two'].map((text) => digestOf(Buffer.from(text))),
  );
  t.truthy(error.requestId);
  t.is(error.request.url, `${address}/v2/team/app/manifests/v1`);
  t.false(error.isTransient);
  t.regex(
    error.message,
    /^PUT http.*: 400 MANIFEST_BLOB_UNKNOWN: blob unknown to registry \(digest sha256:\w+, at config, .*\(request .*\)$/,
  );
});

test('tags and repositories come in pages, one after the other', async (t) => {
  const server = await withRegistry(t);
  const names = Array.from({ length: 25 }, (_, at) => `v${String(at).padStart(2, '0')}`);
  for (const tag of names) await server.pushImage(NAME, tag);
  await server.pushImage('another', 'latest');
  const remote = openRemote(t, server.address);
  const first = await remote.tags.list(NAME, { limit: 10, after: undefined });
  t.true(first.more);
  const second = await remote.tags.list(NAME, { limit: 10, after: first.items.at(-1) });
  t.deepEqual([...first.items, ...second.items], names.slice(0, 20) as Tag[]);
  t.deepEqual(await remote.tags.list(NAME, { limit: 10, after: 'v24' }), { items: [], more: false });
  t.deepEqual(await remote.tags.list(NAME, { limit: 0, after: undefined }), { items: [], more: false });
  t.deepEqual(await Readable.from(remote.tags.all(NAME)).toArray(), names);
  t.deepEqual((await remote.catalog.list(ALL)).items as readonly string[], ['another', NAME]);
  t.deepEqual(await Readable.from(remote.catalog.all()).toArray(), ['another', NAME]);
  const unknown = parseRepositoryName('none');
  await t.throwsAsync(remote.tags.list(unknown, ALL), { code: 'NAME_UNKNOWN' });
});

test('referrers are listed by the API, in order, by type and from any of them on', async (t) => {
  const server = await withRegistry(t);
  const subject = await server.pushImage(NAME, 'v1');
  const { manifests, referrers } = openRemote(t, server.address);
  await server.pushBlob(NAME, '{}');
  const about = {
    subject: { mediaType: OCI_MANIFEST, digest: subject, size: Buffer.byteLength(imageManifest('layer')) },
  };
  const made = ['a/one', 'a/two', 'a/one'].map((artifactType, at) =>
    artifact({ artifactType, ...about, annotations: { at: String(at) } }),
  );
  for (const { body, digest, type } of made) {
    const put = await manifests.put(NAME, parseReference(digest), { bytes: Buffer.from(body), contentType: type });
    t.is(put.subject, parseDigest(subject));
  }
  const list = (request: { after?: string; artifactTypes?: string[]; limit?: number }) =>
    referrers.list(NAME, parseDigest(subject), { limit: 10, after: undefined, artifactTypes: [], ...request });
  const digests = made.map(({ digest }) => digest).sort();
  const all = await list({});
  t.deepEqual(all.items.map(({ digest }) => digest) as string[], digests);
  t.is(all.next, undefined);
  t.is((await list({ artifactTypes: ['a/one'] })).items.length, 2);
  const page = await list({ limit: 1 });
  t.is(page.next as string, digests[0] ?? '');
  const rest = await list({ after: page.next ?? '' });
  t.deepEqual(rest.items.map(({ digest }) => digest) as string[], digests.slice(1));
  t.deepEqual(await list({ limit: 0 }), { items: [], next: undefined });
});

test('an index under the tag of a registry without the API is a manifest like any other', async (t) => {
  const server = await withRegistry(t);
  const { manifests } = openRemote(t, server.address);
  const image = await server.pushImage(NAME, 'v1');
  const child = artifact();
  await server.pushBlob(NAME, '{}');
  await manifests.put(NAME, parseReference(child.digest), { bytes: Buffer.from(child.body), contentType: child.type });
  const index = artifactIndex({ manifests: [descriptorOf(child)] });
  const tag = fallbackTag(parseDigest(image));
  await manifests.put(NAME, { kind: 'tag', tag }, { bytes: Buffer.from(index.body), contentType: OCI_INDEX });
  t.is((await manifests.get(NAME, { kind: 'tag', tag })).mediaType, OCI_INDEX);
});

test('a signed manifest of schema 1 has the digest of its signed part', async (t) => {
  const server = await withRegistry(t, { others: { compatibility: { schema1: { enabled: true } } } });
  const remote = openRemote(t, server.address);
  const layer = await server.pushBlob(NAME, 'layer');
  const signed = signedManifest({ name: NAME, tag: 'v1', layers: [layer] });
  const [bytes, digest] = [signed.toBytes(), digestOf(signed.payload)];
  const put = await remote.manifests.put(NAME, parseReference('v1'), { bytes, contentType: SCHEMA_1_SIGNED_MANIFEST });
  t.is(put.digest, digest);
  for (const text of ['v1', digest]) {
    const reference = parseReference(text);
    t.deepEqual(await remote.manifests.get(NAME, reference), { digest, bytes, mediaType: SCHEMA_1_SIGNED_MANIFEST });
  }
});

test('a reference that is a text, as plain JavaScript can give it, is refused before anything is sent', async (t) => {
  const server = await withRegistry(t);
  const { manifests } = openRemote(t, server.address);
  const digest = await server.pushImage(NAME, 'v1');
  const text = digest as never;
  await t.throwsAsync(manifests.delete(NAME, text), { instanceOf: TypeError, message: /parseReference/ });
  await t.throwsAsync(manifests.get(NAME, text), { instanceOf: TypeError, message: /parseReference/ });
  t.true(await manifests.exists(NAME, parseReference(digest)));
});
