import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { fallbackTag, parseRepositoryName } from '../../../../core/model/reference.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, makeIndex, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };

/** An image of a registry without an API for referrers, with a signature, and one in the way of cosign. */
async function givenSigned(entries: ReadonlyArray<Parameters<typeof makeIndex>[1][number]> = []) {
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(1, 100), config: AMD64, tag: 'v1' });
  const signature = await makeImage(source, { layers: randomLayers(1, 10), config: {}, subject: descriptor });
  const fallback = fallbackTag(descriptor.digest);
  const index = await makeIndex(source, [...entries, signature.descriptor], fallback);
  const config = { os: '', architecture: '' };
  const cosigned = await makeImage(source, { layers: randomLayers(1, 10), config, tag: `${fallback}.sig` });
  return { source, fallback, index, signature: signature.descriptor, cosigned: cosigned.descriptor };
}

test('a copy of all tags for one platform takes what is under the tags of referrers whole', async (t) => {
  const { source, fallback, index, signature, cosigned } = await givenSigned();
  const target = new MemoryStore();
  await copy(source, target, { tags: {} }, { platforms: [AMD64] }).result;
  t.true(await target.hasManifest(signature.digest));
  t.is((await target.manifest(tagged(fallback))).digest, index.digest);
  t.is((await target.manifest(tagged(`${fallback}.sig`))).digest, cosigned.digest);
});

test('entries under a fallback tag that the source lacks are left out, so that a registry takes the rest', async (t) => {
  const gone = { mediaType: OCI_IMAGE_MANIFEST, digest: digestOf(Buffer.from('gone')), size: 4 };
  const unknown = { ...gone, mediaType: 'application/vnd.example.unknown' };
  const { source, fallback, index, signature } = await givenSigned([gone, unknown, gone]);
  const { address } = await withRegistry(t);
  const repository = parseRepositoryName('team/app');
  const target = new RegistryStore({ registry: openRemote(t, address) }, { host: new URL(address).host, repository });
  const events = await collect(copy(source, target, { tags: {} }));
  t.like(
    events.find(({ type }) => type === 'digest-changed'),
    { from: index.digest },
  );
  const { manifests } = JSON.parse((await target.manifest(tagged(fallback))).bytes.toString()) as {
    readonly manifests: object[];
  };
  t.deepEqual(manifests, [signature as object]);
});

test('a tag that has only the hash of a commit is that of an image, of which one platform is copied', async (t) => {
  const source = new MemoryStore();
  const images = [];
  for (const architecture of ['amd64', 'arm64']) {
    const config = { os: 'linux', architecture };
    const { descriptor } = await makeImage(source, { layers: randomLayers(1, 10), config, isPart: true });
    images.push({ ...descriptor, platform: config });
  }
  for (const tag of [`main-${'0a'.repeat(20)}`, `sha-${'0a'.repeat(20)}`]) {
    await makeIndex(source, images, tag);
    const target = new MemoryStore();
    await copy(source, target, { images: [{ from: tagged(tag) }] }, { platforms: [AMD64] }).result;
    t.is((await target.manifest(tagged(tag))).digest, images[0]?.digest as never);
  }
});
