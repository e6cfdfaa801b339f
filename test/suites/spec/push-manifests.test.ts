import test from 'ava';
import { artifact, artifactIndex, describe, descriptorOf, OCI_INDEX, push } from '../../helpers/content/artifacts.ts';
import { assertError } from '../../helpers/http/assert-error.ts';
import { digestOf, locationOf, OCI_MANIFEST, type Registry, withRegistry } from '../../helpers/http/with-registry.ts';

const ZERO = `sha256:${'0'.repeat(64)}`;

async function tags(registry: Registry): Promise<string[]> {
  return (JSON.parse((await registry.ask('GET', '/v2/app/tags/list')).text) as { tags: string[] }).tags;
}

test('[oci-30.1] parameters of the Content-Type are ignored', async (t) => {
  const registry = await withRegistry(t);
  const one = artifact();
  await push(registry, 'app', { ...one, type: `${one.type}; charset=utf-8` });
  t.is((await registry.ask('GET', `/v2/app/manifests/${one.digest}`)).headers['content-type'], one.type);
});

test('[oci-31.1, oci-31.2, oci-31.3, oci-32.1] a manifest keeps its exact bytes, unknown fields and an empty list of layers', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const fields = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: describe('{}', 'a/b'), layers: [], 'x-own': [1] };
  const body = ` ${JSON.stringify(fields, null, 3)}\n\n`;
  const digest = digestOf(body);
  for (const reference of [digest, 'v1']) {
    const answer = await registry.putManifest('app', reference, { body, type: OCI_MANIFEST });
    t.is(answer.status, 201, answer.text);
    t.is(answer.headers['docker-content-digest'], digest);
    t.is((await registry.ask('GET', locationOf(answer))).text, body);
  }
});

test('[oci-33.1, oci-37.1, oci-47.2] a manifest whose subject does not exist is accepted, answered OCI-Subject, and listed', async (t) => {
  const registry = await withRegistry(t);
  const subject = { mediaType: OCI_MANIFEST, digest: ZERO, size: 7 };
  for (const one of [artifact({ subject }), artifactIndex({ subject })]) {
    for (const tag of [undefined, 'tag']) {
      t.is((await push(registry, 'app', one, tag)).headers['oci-subject'], ZERO);
    }
    t.true((await registry.ask('GET', `/v2/app/referrers/${ZERO}`)).text.includes(one.digest));
  }
});

test('[oci-33.2] everything that a manifest lacks is listed in one answer', async (t) => {
  const registry = await withRegistry(t);
  const layers = ['one', 'two'].map((text) => describe(text, 'application/vnd.oci.image.layer.v1.tar'));
  const image = await registry.putManifest('app', 'v1', artifact({ layers }));
  t.deepEqual(
    assertError(t, image, 400, 'MANIFEST_BLOB_UNKNOWN').map(({ code }) => code),
    ['MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN'],
  );
  const index = await registry.putManifest('app', 'v1', artifactIndex({ manifests: [descriptorOf(artifact())] }));
  assertError(t, index, 400, 'MANIFEST_BLOB_UNKNOWN');
  t.is((await registry.ask('GET', '/v2/app/manifests/v1')).status, 404);
});

test('[oci-34.1, oci-34.2, oci-34.3] a push by digest sets ten tags and names them, and refuses more than it sets', async (t) => {
  const registry = await withRegistry(t);
  const { body, type } = artifact();
  await registry.pushBlob('app', '{}');
  const names = Array.from({ length: 10 }, (_, index) => `v${index}`);
  const query = (many: readonly string[]): string => many.map((tag) => `tag=${tag}`).join('&');
  for (const algorithm of ['sha256', 'sha512']) {
    const digest = digestOf(body, algorithm);
    const answer = await registry.putManifest('app', `${digest}?${query(names)}`, { body, type });
    t.is(answer.status, 201, answer.text);
    t.deepEqual(String(answer.headers['oci-tag']).split(', '), names);
    const pulled = await registry.ask('GET', '/v2/app/manifests/v9');
    t.is(pulled.headers['docker-content-digest'], digest);
  }
  const many = Array.from({ length: 1000 }, (_, index) => `many${index}`);
  const refused = await registry.putManifest('app', `${digestOf(body)}?${query(many)}`, { body, type });
  t.is(refused.status, 414);
  t.deepEqual(await tags(registry), names);
});

test('[oci-35.1] a manifest of 4 MB is accepted, and one over the limit refused with 413', async (t) => {
  const registry = await withRegistry(t);
  const large = artifact({ annotations: { text: 'a'.repeat(4_000_000) } });
  t.is((await push(registry, 'app', large)).status, 201);
  const tooLarge = artifact({ annotations: { text: 'a'.repeat(8 * 1024 * 1024) } });
  assertError(t, await registry.putManifest('app', 'v1', tooLarge), 413, 'SIZE_INVALID');
});

test('[oci-36.1] a manifest that does not match its digest is refused', async (t) => {
  const registry = await withRegistry(t);
  await registry.pushBlob('app', '{}');
  const one = artifact();
  for (const digest of [ZERO, digestOf(`${one.body} `), digestOf(`${one.body} `, 'sha512')]) {
    assertError(t, await registry.putManifest('app', digest, one), 400, 'DIGEST_INVALID');
    t.is((await registry.ask('GET', `/v2/app/manifests/${digest}`)).status, 404);
  }
  const put = await registry.putManifest('app', 'sha256:baddigeststring', one);
  assertError(t, put, 400, 'DIGEST_INVALID');
  assertError(
    t,
    await registry.putManifest('app', 'v1', { body: 'no JSON', type: OCI_INDEX }),
    400,
    'MANIFEST_INVALID',
  );
});
