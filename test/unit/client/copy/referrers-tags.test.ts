import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { fallbackTag, parseRepositoryName } from '../../../../core/model/reference.ts';
import { ForwardingRegistry } from '../../../../core/registry/forwarding/forwarding-registry.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { byDigest, makeImage, makeIndex, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { memoryRegistry } from '../../../helpers/core/memory-registry.ts';
import { PlainManifests } from '../../../helpers/core/plain-manifests.ts';
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

test('a copy of all tags leaves out lists of referrers and takes what cosign has under a tag whole', async (t) => {
  const { source, fallback, cosigned } = await givenSigned();
  const target = new MemoryStore();
  await copy(source, target, { tags: {} }, { platforms: [AMD64] }).result;
  t.deepEqual((await collect(target.tags())).sort(), [`${fallback}.sig`, 'v1'] as never[]);
  t.is((await target.manifest(tagged(`${fallback}.sig`))).digest, cosigned.digest);
});

test('lists of referrers do not count among the newest tags', async (t) => {
  const { source } = await givenSigned();
  const target = new MemoryStore();
  await copy(source, target, { tags: { newest: 1, exclude: ['*.sig'] } }).result;
  t.deepEqual(await collect(target.tags()), ['v1'] as never[]);
});

test('an image, or an index with platforms, under a tag of that form counts as an ordinary tag', async (t) => {
  const source = new MemoryStore();
  const { descriptor } = await makeImage(source, { layers: randomLayers(1, 10), config: AMD64, isPart: true });
  const [one, two] = ['0a', '0b'].map((byte) => `sha256-${byte.repeat(32)}`) as [string, string];
  await makeImage(source, { layers: randomLayers(1, 10), config: AMD64, tag: one });
  await makeIndex(source, [{ ...descriptor, platform: AMD64 }], two);
  const target = new MemoryStore();
  await copy(source, target, { tags: {} }).result;
  t.deepEqual(await collect(target.tags()), [one, two] as never[]);
});

test('a copy of all tags keeps the list of referrers that the target has, and adds to it on request', async (t) => {
  const { source, fallback, signature } = await givenSigned();
  const inner = memoryRegistry();
  const registry = new ForwardingRegistry(inner, { manifests: new PlainManifests(inner.manifests) });
  const target = new RegistryStore(
    { registry },
    { host: 'registry.test', repository: parseRepositoryName('team/app') },
  );
  await copy(source, target, { tags: {} }).result;
  const subject = await source.manifest(tagged('v1'));
  const about = { mediaType: subject.mediaType, digest: subject.digest, size: subject.bytes.byteLength };
  const other = new MemoryStore();
  const own = await makeImage(other, { layers: randomLayers(1, 10), config: {}, subject: about });
  await copy(other, target, { images: [{ from: byDigest(own.descriptor.digest) }] }).result;
  for (const referrers of [false, true]) {
    await copy(source, target, { tags: {} }, { referrers }).result;
    const { manifests } = JSON.parse((await target.manifest(tagged(fallback))).bytes.toString()) as {
      readonly manifests: ReadonlyArray<{ readonly digest: string }>;
    };
    const expected = referrers ? [own.descriptor.digest, signature.digest] : [own.descriptor.digest];
    t.deepEqual(
      manifests.map(({ digest }) => digest),
      expected,
    );
  }
});

test('entries under a fallback tag that the source lacks are left out, so that a registry takes the rest', async (t) => {
  const gone = { mediaType: OCI_IMAGE_MANIFEST, digest: digestOf(Buffer.from('gone')), size: 4 };
  const unknown = { ...gone, mediaType: 'application/vnd.example.unknown' };
  const { source, fallback, index, signature } = await givenSigned([gone, unknown, gone]);
  const { address } = await withRegistry(t);
  const repository = parseRepositoryName('team/app');
  const target = new RegistryStore({ registry: openRemote(t, address) }, { host: new URL(address).host, repository });
  const events = await collect(copy(source, target, { images: [{ from: tagged(fallback) }] }));
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
