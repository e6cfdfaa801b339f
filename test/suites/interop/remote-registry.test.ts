import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import type { ExecutionContext } from 'ava';
import type { RemoteRegistry } from '../../../client/index.ts';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseReference, parseRepositoryName, parseTag } from '../../../core/model/reference.ts';
import { bodyOf, openRemote } from '../../helpers/client/open-remote.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { imageOf, MANIFEST_TYPE } from './client.ts';
import { findDistribution, type Kind, serve } from './registries.ts';

const NAME = parseRepositoryName('team/app');
const COPY = parseRepositoryName('team/copy');
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };

const needs: Readonly<Record<Kind, readonly string[]>> = {
  stowage: [],
  'docker-registry': missingPackages({ 'docker-registry': 'docker-registry' }),
  distribution:
    findDistribution() === undefined ? ['go install github.com/distribution/distribution/v3/cmd/registry@v3.1.2'] : [],
};

for (const kind of Object.keys(needs) as Kind[]) {
  // It comes by `go install` only, so that a machine without Go cannot have it.
  if (kind === 'distribution' && needs[kind].length > 0) {
    process.stderr.write(`Not tested: a client with distribution 3, which needs ${needs[kind].join()}\n`);
    continue;
  }
  const test = testsThatNeed(needs[kind], { describe: (count) => `all ${count} tests of a client with ${kind}` });

  test(`an image goes to ${kind} and comes back, in chunks, mounted, by tag and by digest`, async (t) => {
    const { url } = await serve(t, kind, join(await tempRoot(t), 'root'));
    await checkImage(t, openRemote(t, url));
  });

  test(`an upload to ${kind} resumes in another client`, async (t) => {
    const { url } = await serve(t, kind, join(await tempRoot(t), 'root'));
    const bytes = Buffer.alloc(500_000, kind);
    const begun = await openRemote(t, url).layers.upload(NAME);
    await begun.append({ body: bodyOf(bytes.subarray(0, 200_000)), range: { start: 0, end: 200_000 } });
    const state = await begun.close();
    const { layers } = openRemote(t, url);
    await using upload = await layers.resume(NAME, state);
    t.is(upload.size, 200_000);
    await upload.finishWith(
      { body: bodyOf(bytes.subarray(200_000)), range: { start: 200_000, end: bytes.length } },
      digestOf(bytes),
    );
    const layer = await layers.fetch(NAME, digestOf(bytes));
    t.deepEqual(Buffer.concat(await (await layer.open()).toArray()), bytes);
  });

  test(`${kind} lets in who has the password, and says what it refuses`, async (t) => {
    const folder = await tempRoot(t);
    await writeFile(join(folder, 'users'), `ann:${(await hash('secret', 4)).replace('$2b$', '$2y$')}\n`);
    const auth = { htpasswd: { realm: 'here', path: join(folder, 'users') } };
    const { url } = await serve(t, kind, join(folder, 'root'), { auth });
    const user = (password: string) => ({ find: async () => ({ username: 'ann', password, origin: 'a test' }) });
    await checkImage(t, openRemote(t, url, { credentials: user('secret') }));
    await t.throwsAsync(openRemote(t, url).ping(), { code: 'UNAUTHORIZED' });
    await t.throwsAsync(openRemote(t, url, { credentials: user('wrong') }).tags.list(NAME, ALL), {
      code: 'UNAUTHORIZED',
      message: /UNAUTHORIZED/,
    });
  });
}

async function checkImage(t: ExecutionContext, { layers, manifests, tags, catalog, referrers }: RemoteRegistry) {
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
