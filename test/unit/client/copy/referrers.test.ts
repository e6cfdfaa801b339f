import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import { RegistryStore } from '../../../../client/stores/registry-store.ts';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import type { Descriptor } from '../../../../core/model/descriptor.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../core/model/media-types.ts';
import { fallbackTag, parseRepositoryName } from '../../../../core/model/reference.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { byDigest, makeImage, makeIndex, putDocument, randomLayers, tagged } from '../../../helpers/client/images.ts';
import { openRemote } from '../../../helpers/client/open-remote.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';

const LATEST = { images: [{ from: tagged('latest') }] };
const SIGNATURE = 'application/vnd.example.signature';

/** An index with two images; each of the three has a signature, and one of the signatures has one itself. */
async function givenSigned() {
  const source = new MemoryStore();
  const sign = async (subject: Descriptor): Promise<Descriptor> =>
    (await makeImage(source, { layers: randomLayers(1, 10), config: {}, artifactType: SIGNATURE, subject })).descriptor;
  const one = (await makeImage(source, { layers: randomLayers(1, 100), isPart: true })).descriptor;
  const two = (await makeImage(source, { layers: randomLayers(1, 100), isPart: true })).descriptor;
  const index = await makeIndex(source, [one, two], 'latest');
  const signatures = [await sign(index), await sign(one), await sign(two)];
  signatures.push(await sign(signatures[0] as Descriptor));
  return { source, index, one, signatures: signatures.map(({ digest }) => digest) };
}

test('referrers of an image, of the images of its index, and of other referrers are copied on request only', async (t) => {
  const { source, signatures } = await givenSigned();
  for (const referrers of [false, true]) {
    const target = new MemoryStore();
    await copy(source, target, LATEST, { referrers }).result;
    for (const digest of signatures) t.is(await target.hasManifest(digest), referrers);
  }
});

test('referrers are copied also when the target has the image already', async (t) => {
  const { source, signatures } = await givenSigned();
  const target = new MemoryStore();
  await copy(source, target, LATEST).result;
  await copy(source, target, LATEST, { referrers: true }).result;
  for (const digest of signatures) t.true(await target.hasManifest(digest));
});

test('the image gets its tag after its referrers are there', async (t) => {
  const { source, index } = await givenSigned();
  const order: Digest[] = [];
  for await (const event of copy(source, new MemoryStore(), LATEST, { referrers: true })) {
    if (event.type === 'manifest-done') order.push(event.digest);
  }
  t.is(order.length, 7);
  t.is(order.at(-1), index.digest);
});

/** A source that lists whatever it is told as referrers. */
class Liar extends MemoryStore {
  listed: readonly Descriptor[] = [];

  override async *referrers(): AsyncGenerator<Descriptor> {
    yield* this.listed;
  }
}

test('children of an index and others without that subject are no referrers, whatever a list says', async (t) => {
  const source = new Liar();
  const child = (await makeImage(source, { layers: randomLayers(1, 100), isPart: true })).descriptor;
  const other = (await makeImage(source, { layers: randomLayers(1, 100), subject: child })).descriptor;
  const image = (await makeImage(source, { layers: [], tag: 'latest' })).descriptor;
  source.listed = [child, other, image];
  const target = new MemoryStore();
  await copy(source, target, LATEST, { referrers: true }).result;
  t.false(await target.hasManifest(child.digest));
  t.false(await target.hasManifest(other.digest));
});

test('a referrer that a list names and the source lacks is left out with a note, and the others are copied', async (t) => {
  const source = new Liar();
  const image = (await makeImage(source, { layers: [], tag: 'latest' })).descriptor;
  const signature = (await makeImage(source, { layers: randomLayers(1, 10), subject: image })).descriptor;
  const strange = await putDocument(source, 'application/vnd.example.strange', { subject: image }, { isPart: false });
  const gone = digestOf(Buffer.from('gone'));
  source.listed = [{ ...image, digest: gone }, strange, signature];
  const target = new MemoryStore();
  const events = await collect(copy(source, target, LATEST, { referrers: true }));
  t.like(
    events.find(({ type }) => type === 'referrer-missing'),
    { digest: gone, subject: image.digest },
  );
  t.true(await target.hasManifest(signature.digest));
  t.false(await target.hasManifest(strange.digest));
});

test('referrers go through a registry and come back', async (t) => {
  const { source, index, one, signatures } = await givenSigned();
  const registry = openRemote(t, (await withRegistry(t)).address);
  const remote = new RegistryStore(
    { registry },
    { host: 'registry.test', repository: parseRepositoryName('team/app') },
  );
  await copy(source, remote, LATEST, { referrers: true }).result;
  t.is((await collect(remote.referrers(one.digest))).length, 1);
  // A registry with the API for referrers needs no tag for them.
  t.deepEqual(await collect(remote.tags()), ['latest'] as never);
  await t.throwsAsync(remote.manifest({ kind: 'tag', tag: fallbackTag(index.digest) }));
  const back = new MemoryStore();
  await copy(remote, back, { images: [{ from: byDigest(index.digest) }] }, { referrers: true }).result;
  for (const digest of signatures) t.true(await back.hasManifest(digest));
});

test('a list of referrers that does not end is given up, though none of what it names is there', async (t) => {
  const { source } = await givenSigned();
  let listed = 0;
  source.referrers = async function* () {
    for (;;) {
      listed += 1;
      yield { mediaType: OCI_IMAGE_MANIFEST, digest: digestOf(Buffer.from(`${listed}`)), size: 1 };
    }
  };
  const { result } = copy(source, new MemoryStore(), LATEST, { referrers: true });
  await t.throwsAsync(result, { code: 'manifest', message: /lists more than 10000 referrers/ });
  t.is(listed, 10_001);
});
