import { cp, readdir, utimes } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { makeOld } from '../../helpers/content/old-garbage.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { type Client, digestOf, imageOf, MANIFEST_TYPE } from './client.ts';
import { type CollectOptions, collectGarbage, findDistribution, serve } from './registries.ts';

const needs = [
  ...missingPackages({ 'docker-registry': 'docker-registry' }),
  ...(findDistribution() === undefined ? ['go install distribution'] : []),
];
const test = testsThatNeed(needs, {
  describe: (count) => `all ${count} tests of garbage collection by distribution`,
  isSerial: true,
});

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const TAGGED = imageOf('tagged');
const CHILD = imageOf('child');
const UNTAGGED = imageOf('untagged');
const DELETED = imageOf('deleted');
const descriptor = (manifest: Buffer) => ({
  mediaType: MANIFEST_TYPE,
  digest: digestOf(manifest),
  size: manifest.length,
});
const INDEX = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests: [descriptor(CHILD.manifest)] }),
);
const SBOM = Buffer.from(
  JSON.stringify({ ...JSON.parse(TAGGED.manifest.toString()), subject: descriptor(TAGGED.manifest) }),
);

/** What docs/coming-from-distribution.md has a column for. */
interface Kept {
  readonly tagged: boolean;
  readonly childOfIndex: boolean;
  readonly untagged: boolean;
  readonly referrers: boolean;
  readonly blobsOfDeleted: boolean;
}

/** Fills a root by Stowage, collects, and says what a Stowage that starts then has. */
async function keptBy(t: ExecutionContext, how: CollectOptions): Promise<Kept> {
  const root = join(await tempRoot(t), 'root');
  const before = await serve(t, 'stowage', root);
  for (const image of [TAGGED, CHILD, UNTAGGED, DELETED]) await before.push('app', 'v1', image);
  await before.push('app', 'v1', TAGGED);
  await before.ask('PUT', '/v2/app/manifests/index', 201, INDEX, INDEX_TYPE);
  await before.ask('PUT', `/v2/app/manifests/${digestOf(SBOM)}`, 201, SBOM, MANIFEST_TYPE);
  await before.ask('DELETE', `/v2/app/manifests/${digestOf(DELETED.manifest)}`, 202);

  // Its grace is not shorter than 20 seconds.
  if (how.by === 'stowage') await makeOld(root);
  await collectGarbage(t, root, how);

  const after = await serve(t, 'stowage', root);
  const { manifests } = (await after.json(`/v2/app/referrers/${digestOf(TAGGED.manifest)}`)) as {
    manifests: unknown[];
  };
  return {
    tagged: await hasImage(after, TAGGED),
    childOfIndex: await hasImage(after, CHILD),
    untagged: await hasImage(after, UNTAGGED),
    referrers: manifests.length > 0,
    blobsOfDeleted: await has(after, `blobs/${digestOf(DELETED.blobs[1] ?? Buffer.alloc(0))}`),
  };
}

async function hasImage(registry: Client, { manifest, blobs }: ReturnType<typeof imageOf>): Promise<boolean> {
  const paths = [`manifests/${digestOf(manifest)}`, ...blobs.map((blob) => `blobs/${digestOf(blob)}`)];
  const found = await Promise.all(paths.map((path) => has(registry, path)));
  return found.every(Boolean);
}

async function has(registry: Client, path: string): Promise<boolean> {
  const answer = await fetch(`${registry.url}/v2/app/${path}`, { headers: { accept: MANIFEST_TYPE } });
  await answer.arrayBuffer();
  return answer.status === 200;
}

const ALL = { tagged: true, childOfIndex: true, untagged: true, referrers: true, blobsOfDeleted: false };

for (const by of ['docker-registry', 'distribution'] as const) {
  test(`${by} frees what was deleted by its digest, and keeps everything else`, async (t) => {
    t.deepEqual(await keptBy(t, { by, untagged: false }), ALL);
  });
}

test('distribution, when it removes untagged manifests, also removes referrers', async (t) => {
  t.deepEqual(await keptBy(t, { by: 'distribution' }), { ...ALL, untagged: false, referrers: false });
});

test('docker-registry, when it removes untagged manifests, also removes referrers and images of an index', async (t) => {
  t.deepEqual(await keptBy(t, { by: 'docker-registry' }), {
    ...ALL,
    childOfIndex: false,
    untagged: false,
    referrers: false,
  });
});

test('Stowage, when it removes untagged manifests, keeps images of an index, and referrers of what stays', async (t) => {
  t.deepEqual(await keptBy(t, { by: 'stowage' }), { ...ALL, untagged: false });
});

/** The names of all files of the layout of distribution, except for histories of tags. */
async function filesOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)));
  return files.filter((path) => path.startsWith('docker/') && !/\/_(?:jobs|referrers)\/|\/index\//.test(path)).sort();
}

for (const by of ['docker-registry', 'distribution'] as const) {
  test(`Stowage frees exactly what ${by} frees in a copy of the same storage`, async (t) => {
    const root = join(await tempRoot(t), 'root');
    const registry = await serve(t, 'stowage', root);
    for (const image of [TAGGED, CHILD, UNTAGGED, DELETED]) await registry.push('app', 'v1', image);
    await registry.push('team/other', 'v1', TAGGED);
    await registry.ask('PUT', '/v2/app/manifests/index', 201, INDEX, INDEX_TYPE);
    await registry.ask('PUT', `/v2/app/manifests/${digestOf(SBOM)}`, 201, SBOM, MANIFEST_TYPE);
    await registry.ask('DELETE', `/v2/app/manifests/${digestOf(DELETED.manifest)}`, 202);
    const old = new Date(Date.now() - 3_600_000);
    for (const path of await filesOf(root)) await utimes(join(root, path), old, old);
    const copy = `${root}-copy`;
    await cp(root, copy, { recursive: true, preserveTimestamps: true });
    const before = await filesOf(root);

    await collectGarbage(t, copy, { by, untagged: false });
    await collectGarbage(t, root, { by: 'stowage', untagged: false });

    const isContent = (path: string): boolean => path.includes('/blobs/');
    const [after, theirs] = [await filesOf(root), await filesOf(copy)];
    t.deepEqual(after.filter(isContent), theirs.filter(isContent));
    t.true(after.length < before.length);
    // Version 2 leaves the links to layers.
    if (by === 'distribution') t.deepEqual(after, theirs);
    t.true(await hasImage(registry, TAGGED));
    await registry.push('app', 'v1', DELETED);
    t.true(await hasImage(registry, DELETED));
  });
}

test('an image whose blobs were collected can be pushed again', async (t) => {
  const root = join(await tempRoot(t), 'root');
  const registry = await serve(t, 'stowage', root);
  await registry.push('app', 'v1', TAGGED);
  await registry.ask('DELETE', `/v2/app/manifests/${digestOf(TAGGED.manifest)}`, 202);
  await collectGarbage(t, root, { untagged: false });
  t.false(await hasImage(registry, TAGGED));
  await registry.push('app', 'v1', TAGGED);
  t.true(await hasImage(registry, TAGGED));
});
