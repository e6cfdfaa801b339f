import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingManifestService } from '../../../../core/registry/forwarding/forwarding-manifest-service.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import type { PutManifest } from '../../../../core/registry/manifest-service.ts';
import type { Registry } from '../../../../core/registry/registry.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const repository = parseRepositoryName('team/app');

/** An image that is named by a digest of sha512, also under the tag. */
async function givenSha512() {
  const source = new MemoryStore();
  const made = await makeImage(source, { layers: randomLayers(1, 100), isPart: true });
  const stored = await source.manifest({ kind: 'digest', digest: made.descriptor.digest });
  const digest = digestOf(stored.bytes, 'sha512');
  const from = tagged('v1');
  const tags = from.kind === 'tag' ? [from.tag] : [];
  await source.putManifest({ ...stored, digest, tags, isPart: false });
  return { source, digest, sha256: stored.digest, images: [{ from }] };
}

/** The manifests of a registry that computes sha256 only. */
class Sha256Manifests extends ForwardingManifestService {
  override async put(...args: Parameters<Registry['manifests']['put']>): Promise<PutManifest> {
    const [, reference] = args;
    if (reference.kind === 'digest' && reference.digest.startsWith('sha512:'))
      throw new RegistryError('DIGEST_INVALID');
    return super.put(...args);
  }
}

test('a tag gets the digest of sha512 that the image has, and the next copy finds it there', async (t) => {
  const { source, digest, images } = await givenSha512();
  const { address } = await withRegistry(t);
  const target = new RegistryStore({ registry: openRemote(t, address) }, { host: new URL(address).host, repository });
  const { images: copied } = await copy(source, target, { images }).result;
  t.deepEqual(copied, [{ name: 'v1', digest }]);
  t.is(await target.tagDigest(images[0]?.from.kind === 'tag' ? images[0].from.tag : ('' as never)), digest);
  const events = await collect(copy(source, target, { images }));
  t.like(
    events.find(({ type }) => type === 'manifest-done'),
    { how: 'exists' },
  );
});

test('where a registry computes sha256 only, a copy says what the digest is there', async (t) => {
  const { source, digest, sha256, images } = await givenSha512();
  const inner = memoryRegistry();
  const registry = new ForwardingRegistry(inner, { manifests: new Sha256Manifests(inner.manifests) });
  const target = new RegistryStore({ registry }, { host: 'registry.test', repository });
  const run = copy(source, target, { images });
  const events = await collect(run);
  t.deepEqual((await run.result).images, [{ name: 'v1', digest: sha256, sourceDigest: digest }]);
  t.like(
    events.find(({ type }) => type === 'digest-changed'),
    { from: digest, to: sha256 },
  );
});
