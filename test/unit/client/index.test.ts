import test from 'ava';
import {
  copy,
  digestOf,
  formatSchema1,
  generateSigningKey,
  keyId,
  MemoryStore,
  parseDigest,
  parseReference,
  parseRepositoryName,
  parseSchema1,
  RegistryError,
  RegistryStore,
  SignatureError,
  SignedText,
  sign,
  TrustedRoots,
  UrlBuilder,
  verify,
  verifyChains,
} from '../../../client/index.ts';
import { openRemote } from '../../helpers/client/open-remote.ts';
import { withRegistry } from '../../helpers/http/with-registry.ts';

test('what stowage/client exports suffices to read a registry and to copy from it', async (t) => {
  const server = await withRegistry(t);
  const digest = await server.pushImage('team/app', 'v1');
  const registry = openRemote(t, server.address);
  const repository = parseRepositoryName('team/app');
  const { bytes } = await registry.manifests.get(repository, parseReference('v1'));
  t.is(parseDigest(digest), digestOf(bytes));
  const missing = await t.throwsAsync(registry.manifests.get(repository, parseReference('v2')));
  t.true(RegistryError.is(missing, 'MANIFEST_UNKNOWN'));

  await using source = new RegistryStore({ registry }, { repository, host: new URL(server.address).host });
  await using target = new MemoryStore();
  await copy(source, target, { images: [{ from: parseReference('v1') }] }).result;
  t.is((await target.manifest(parseReference(digest))).bytes.toString(), bytes.toString());
});

test('what stowage/client exports suffices to sign a manifest for an old docker, push it, and verify what comes back', async (t) => {
  const server = await withRegistry(t, { others: { compatibility: { schema1: { enabled: true } } } });
  const registry = openRemote(t, server.address);
  const repository = parseRepositoryName('team/app');
  const blobSum = await server.pushBlob('team/app', 'a layer');
  const manifest = { name: 'team/app', tag: 'v1', architecture: 'amd64', fsLayers: [{ blobSum }] };
  const payload = formatSchema1({ schemaVersion: 1, ...manifest, history: [{ v1Compatibility: '{"id":"a"}' }] });
  const key = generateSigningKey();
  const { digest } = await registry.manifests.put(repository, parseReference('v1'), {
    bytes: sign(payload, key).toBytes(),
    contentType: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  });
  t.is(digest, digestOf(payload));
  const text = SignedText.parse((await registry.manifests.get(repository, parseReference('v1'))).bytes);
  t.deepEqual(verify(text).map(keyId), [keyId(key)]);
  t.is(parseSchema1(text.payload).fsLayers[0]?.blobSum, blobSum);
  await t.throwsAsync(verifyChains(text, new TrustedRoots([])), { instanceOf: SignatureError });
  t.is(
    new UrlBuilder(server.address).manifest(repository, parseReference('v1')),
    `${server.address}/v2/team/app/manifests/v1`,
  );
});
