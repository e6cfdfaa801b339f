import type { ExecutionContext } from 'ava';
import type { RemoteRegistry } from '../../../client/index.ts';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName, parseTag } from '../../../core/model/reference.ts';
import { bodyOf } from '../../helpers/client/open-remote.ts';
import { imageOf, MANIFEST_TYPE } from './client.ts';

const NAME = parseRepositoryName('team/app');
const COPY = parseRepositoryName('team/copy');
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };

/** Pushes an image to a registry, reads it in every way, and removes it. */
export async function checkImage(
  t: ExecutionContext,
  { layers, manifests, tags, catalog, referrers }: RemoteRegistry,
): Promise<void> {
  const { blobs, manifest } = imageOf('a client');
  const digests = blobs.map((blob) => digestOf(blob));
  t.false(await layers.exists(NAME, digestOf(manifest)));
  for (const blob of blobs) {
    await using upload = await layers.upload(NAME);
    const half = Math.ceil(blob.length / 2);
    await upload.append({ body: bodyOf(blob.subarray(0, half)), range: { start: 0, end: half } });
    await upload.append({ body: bodyOf(blob.subarray(half)) });
    t.is((await upload.finish(digestOf(blob))).digest, digestOf(blob));
    t.is((await layers.mount(COPY, digestOf(blob), NAME))?.size, blob.length);
  }
  const digest = digestOf(manifest);
  const put = { bytes: manifest, contentType: MANIFEST_TYPE, tags: [parseTag('v2'), parseTag('v1')] };
  t.is((await manifests.put(NAME, parseReference(digest), put)).digest, digest);
  t.deepEqual((await tags.list(NAME, ALL)).items as readonly string[], ['v1', 'v2']);
  const page = await tags.list(NAME, { limit: 1, after: undefined });
  t.deepEqual(page as object, { items: ['v1'], more: true });
  t.deepEqual((await tags.list(NAME, { limit: 5, after: page.items.at(-1) })) as object, {
    items: ['v2'],
    more: false,
  });
  t.true((await catalog.list(ALL)).items.includes(NAME));
  t.deepEqual(await manifests.get(NAME, parseReference('v1')), { digest, bytes: manifest, mediaType: MANIFEST_TYPE });
  t.is((await manifests.stat(NAME, parseReference('v2'))).size, manifest.length);
  t.deepEqual((await referrers.list(NAME, digest, { ...ALL, artifactTypes: [] })).items, []);
  for (const [at, blob] of blobs.entries()) {
    const layer = await layers.fetch(COPY, digests[at] ?? digest);
    t.deepEqual(Buffer.concat(await (await layer.open()).toArray()), blob);
    const part = await (await layer.open({ start: 3, end: 7 })).toArray();
    t.deepEqual(Buffer.concat(part), blob.subarray(3, 7));
  }
  await manifests.delete(NAME, parseReference(digest));
  t.false(await manifests.exists(NAME, parseReference('v1')));
  await layers.delete(COPY, digests[0] ?? digest);
  await t.throwsAsync(layers.stat(COPY, digests[0] ?? digest), { code: 'BLOB_UNKNOWN' });
  await t.throwsAsync(tags.list(parseRepositoryName('none'), ALL), { code: 'NAME_UNKNOWN' });
}
