import test from 'ava';
import { copy } from '../../../../client/copy/copy.ts';
import { CopyError } from '../../../../client/copy/copy-error.ts';
import type { CopyOptions } from '../../../../client/copy/copy-options.ts';
import { MemoryStore } from '../../../../client/stores/memory-store.ts';
import type { Digest } from '../../../../core/digest/digest.ts';
import { collect } from '../../../helpers/client/collect.ts';
import { makeImage, makeIndex, randomLayers, tagged } from '../../../helpers/client/images.ts';

const LATEST = { images: [{ from: tagged('latest') }] };
const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const ARMV7 = { os: 'linux', architecture: 'arm', variant: 'v7' };

/** An index as BuildKit writes it: three images, and for the first one an attestation. */
async function givenIndex() {
  const source = new MemoryStore();
  const images = [];
  for (const platform of [AMD64, ARM64, ARMV7]) {
    const { descriptor } = await makeImage(source, { layers: randomLayers(1, 100), config: platform, isPart: true });
    images.push({ ...descriptor, platform });
  }
  const about = {
    'vnd.docker.reference.digest': images[0]?.digest ?? '',
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  const attestation = (await makeImage(source, { layers: randomLayers(1, 50), config: {}, isPart: true })).descriptor;
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const index = await makeIndex(
    source,
    [...images, { ...attestation, platform: unknown, annotations: about }],
    'latest',
  );
  const [amd64, arm64, armv7] = images.map(({ digest }) => digest) as [Digest, Digest, Digest];
  return { source, index: index.digest, amd64, arm64, armv7, attestation: attestation.digest };
}

async function copied(source: MemoryStore, options: CopyOptions) {
  const target = new MemoryStore();
  const run = copy(source, target, LATEST, options);
  const events = await collect(run);
  const [image] = (await run.result).images;
  return { image, events, has: (digest: Digest) => target.hasManifest(digest), target };
}

test('all images of an index are copied unless platforms are named', async (t) => {
  const { source, index, amd64, armv7, attestation } = await givenIndex();
  const { image, has } = await copied(source, {});
  t.is(image?.digest, index);
  for (const digest of [amd64, armv7, attestation]) t.true(await has(digest));
});

test('one platform gives its image instead of the index, with the digest that it has there', async (t) => {
  const { source, index, arm64, amd64 } = await givenIndex();
  const { image, events, has, target } = await copied(source, { platforms: [ARM64] });
  t.deepEqual(image, { name: 'latest', digest: arm64, sourceDigest: index });
  t.true(events.some(({ type }) => type === 'digest-changed'));
  t.false(await has(amd64));
  t.is((await target.manifest(tagged('latest'))).digest, arm64);
});

test('several platforms give the unchanged index with only their images, and what is about them', async (t) => {
  const { source, index, amd64, arm64, armv7, attestation } = await givenIndex();
  const { image, events, has } = await copied(source, { platforms: [AMD64, ARMV7] });
  t.deepEqual(image, { name: 'latest', digest: index });
  t.deepEqual(
    [await has(amd64), await has(armv7), await has(arm64), await has(attestation)],
    [true, true, false, true],
  );
  t.false(events.some(({ type }) => type === 'digest-changed'));
});

test('a later copy of all platforms brings the images that are missing', async (t) => {
  const { source, arm64 } = await givenIndex();
  const { target } = await copied(source, { platforms: [AMD64, ARMV7] });
  await copy(source, target, LATEST).result;
  t.true(await target.hasManifest(arm64));
});

test('a rewritten index has another digest, and the copy says so', async (t) => {
  const { source, index, amd64, armv7, attestation } = await givenIndex();
  const { image, events, target } = await copied(source, { platforms: [AMD64, ARMV7], index: 'rewrite' });
  t.is(image?.sourceDigest, index);
  t.not(image?.digest, index);
  const changed = events.find((event) => event.type === 'digest-changed');
  t.like(changed, { from: index, to: image?.digest });
  const { bytes } = await target.manifest(tagged('latest'));
  const { manifests } = JSON.parse(bytes.toString()) as {
    readonly manifests: ReadonlyArray<{ readonly digest: string }>;
  };
  t.deepEqual(
    manifests.map(({ digest }) => digest),
    [amd64, armv7, attestation],
  );
});

test('a platform that the index lacks is an error that names those it has', async (t) => {
  const { source } = await givenIndex();
  const platforms = [{ os: 'windows', architecture: 'amd64' }];
  const error = await t.throwsAsync(copied(source, { platforms }), { instanceOf: CopyError, code: 'platform' });
  t.regex(error.message, /windows\/amd64; available are linux\/amd64, linux\/arm64, linux\/arm\/v7/);
  await t.throwsAsync(copied(source, { platforms: [{ ...ARMV7, variant: 'v6' }] }), { code: 'platform' });
  await t.throwsAsync(copied(source, { platforms: [AMD64, ARM64], index: 'image' }), { code: 'selection' });
});

test('64-bit ARM is v8, though indexes leave that out', async (t) => {
  const { source, arm64 } = await givenIndex();
  const { image } = await copied(source, { platforms: [{ ...ARM64, variant: 'v8' }] });
  t.is(image?.digest, arm64);
});

test('an image without an index is copied only for the platform in its configuration', async (t) => {
  const source = new MemoryStore();
  await makeImage(source, { layers: [], config: ARM64, tag: 'latest' });
  await copied(source, { platforms: [ARM64] });
  const error = await t.throwsAsync(copied(source, { platforms: [AMD64] }), { code: 'platform' });
  t.regex(error.message, /is for linux\/arm64, not for linux\/amd64/);
});
