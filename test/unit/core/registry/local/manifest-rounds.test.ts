import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { ForwardingDriver } from '../../../../../core/driver/index.ts';
import { OCI_IMAGE_INDEX, OCI_IMAGE_MANIFEST } from '../../../../../core/model/media-types.ts';
import { parseTag } from '../../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  json,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { GatedDriver } from '../../../../helpers/drivers/gated-driver.ts';
import { RoundDriver } from '../../../../helpers/drivers/round-driver.ts';

const REPOSITORY = name('foo/bar');
const BLOBS = ['config', 'one', 'two', 'three', 'four'].map((text) => Buffer.from(text));
const [CONFIG, ...LAYERS] = BLOBS.map((bytes) => descriptorOf(bytes));
const BYTES = imageManifest({ config: CONFIG, layers: LAYERS });
const IMAGE = { bytes: BYTES, contentType: OCI_IMAGE_MANIFEST };

test('a tag of five blobs that this process has just stored takes three rounds in a remote storage', async (t) => {
  const storage = new RoundDriver();
  const { layers, manifests, paths } = composeCore(storage);
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORY, bytes);
  storage.reset();
  const { digest } = await manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  const tag = parseTag('latest');
  t.deepEqual(storage.rounds, [
    [`write ${paths.blobData(digest)}`, `write ${paths.revisionLink(REPOSITORY, digest)}`],
    [`write ${paths.tagCurrentLink(REPOSITORY, tag)}`],
    [`read ${paths.revisionLink(REPOSITORY, digest)}`, `write ${paths.tagIndexLink(REPOSITORY, tag, digest)}`],
  ]);
});

test('a tag of five blobs that another process has stored takes one more round, for all blobs at once', async (t) => {
  const storage = new RoundDriver();
  for (const bytes of BLOBS) await pushBlob(composeCore(storage).layers, REPOSITORY, bytes);
  storage.reset();
  await composeCore(storage).manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  t.deepEqual(
    storage.rounds.map(({ length }) => length),
    [10, 2, 1, 2],
  );
});

test('an index of images that this process has just stored takes three rounds, of others one more', async (t) => {
  const storage = new RoundDriver();
  const { manifests } = composeCore(storage);
  const children = ['a', 'b', 'c'].map((text) => json({ schemaVersion: 2, manifests: [], text }));
  for (const bytes of children) {
    await manifests.put(REPOSITORY, reference(digestOf(bytes)), { bytes, contentType: OCI_IMAGE_INDEX });
  }
  const index = {
    bytes: imageIndex(children.map((bytes) => descriptorOf(bytes, OCI_IMAGE_INDEX))),
    contentType: OCI_IMAGE_INDEX,
  };
  storage.reset();
  await manifests.put(REPOSITORY, tagged('a'), index);
  t.is(storage.rounds.length, 3);
  storage.reset();
  await composeCore(storage).manifests.put(REPOSITORY, tagged('b'), index);
  t.deepEqual(
    storage.rounds.map(({ length }) => length),
    [6, 2, 1, 2],
  );
});

test('a blob counts as stored when its content is there, not when its link is', async (t) => {
  const storage = new GatedDriver(new ForwardingDriver(new MemoryDriver(), { locality: 'remote' }));
  const { layers, manifests, paths } = composeCore(storage);
  const [config = Buffer.alloc(0)] = BLOBS;
  const bytes = imageManifest({ config: CONFIG, layers: [] });
  const put = () => manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: OCI_IMAGE_MANIFEST });
  const content = storage.holdNext((site) => (site.to ?? site.path) === paths.blobData(digestOf(config)));
  const push = pushBlob(layers, REPOSITORY, config);
  await content.reached;
  await setImmediate();
  await t.throwsAsync(put(), { message: /MANIFEST_BLOB_UNKNOWN/ });
  content.open();
  await push;
  await t.notThrowsAsync(put());
});

test('many tags of one push take no more rounds than one', async (t) => {
  const storage = new RoundDriver();
  const { manifests } = composeCore(storage);
  const tags = Array.from({ length: 10 }, (_, index) => parseTag(`t${index}`));
  const empty = { bytes: imageIndex([]), contentType: OCI_IMAGE_INDEX, tags };
  await manifests.put(REPOSITORY, reference(digestOf(empty.bytes)), empty);
  t.is(storage.rounds.length, 3);
});

test('a push of a manifest that this process has stored before writes only its tag to a remote storage', async (t) => {
  const storage = new RoundDriver();
  const { manifests, paths } = composeCore(storage);
  const empty = { bytes: imageIndex([]), contentType: OCI_IMAGE_INDEX };
  const { digest } = await manifests.put(REPOSITORY, tagged('a'), empty);
  storage.reset();
  await manifests.put(REPOSITORY, tagged('b'), empty);
  const writes = storage.rounds.flat().filter((call) => call.startsWith('write'));
  t.deepEqual(writes, [
    `write ${paths.tagCurrentLink(REPOSITORY, parseTag('b'))}`,
    `write ${paths.tagIndexLink(REPOSITORY, parseTag('b'), digest)}`,
  ]);
  t.is(storage.rounds.length, 3);
});

eachDriver('a local storage is asked for the five blobs each time, and gets four files', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers, manifests, paths } = composeCore(counting);
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORY, bytes);
  counting.reset();
  const { digest } = await manifests.put(REPOSITORY, tagged('latest'), IMAGE);
  t.is(counting.count('write'), 4);
  t.is(counting.count(), 2 * BLOBS.length + 4 + 2, 'and looks whether tag and manifest are there');
  await manifests.put(REPOSITORY, tagged('second'), IMAGE);
  counting.reset();
  await manifests.put(REPOSITORY, tagged('third'), IMAGE);
  const writes = counting.sites.filter(({ call }) => call === 'write').map(({ path }) => path);
  const third = parseTag('third');
  t.deepEqual(writes, [paths.tagCurrentLink(REPOSITORY, third), paths.tagIndexLink(REPOSITORY, third, digest)]);
});

interface Cost {
  readonly prepare: (core: CoreParts, other: CoreParts) => Promise<unknown>;
  readonly run: (core: CoreParts) => Promise<unknown>;
  /** Driver calls in all, and one after the other. */
  readonly local: readonly [number, number];
  readonly remote: readonly [number, number];
}

const pushBlobs = async ({ layers }: CoreParts): Promise<void> => {
  for (const bytes of BLOBS) await pushBlob(layers, REPOSITORY, bytes);
};
const put = ({ manifests }: CoreParts, tag: string): Promise<unknown> => manifests.put(REPOSITORY, tagged(tag), IMAGE);
const image = async (core: CoreParts): Promise<void> => {
  await pushBlobs(core);
  for (const tag of ['a', 'b', 'c']) await put(core, tag);
};
const ALL = { limit: Number.POSITIVE_INFINITY, after: undefined };

/** The table in docs/decisions.md. */
const COSTS: Readonly<Record<string, Cost>> = {
  'PUT of a manifest with five blobs by a new tag, all pushed through this process': {
    prepare: pushBlobs,
    run: (core) => put(core, 'latest'),
    local: [16, 6],
    remote: [5, 3],
  },
  'the same, the blobs pushed through another process': {
    prepare: (_, other) => pushBlobs(other),
    run: (core) => put(core, 'latest'),
    local: [16, 6],
    remote: [15, 4],
  },
  'the same manifest under one more tag': {
    prepare: image,
    run: (core) => put(core, 'latest'),
    local: [18, 7],
    remote: [5, 3],
  },
  'GET of a manifest by tag, in memory': {
    prepare: image,
    run: ({ manifests }) => manifests.get(REPOSITORY, tagged('a')),
    local: [2, 2],
    remote: [2, 2],
  },
  'DELETE of a tag': {
    prepare: image,
    run: ({ manifests }) => manifests.delete(REPOSITORY, tagged('a')),
    local: [1, 1],
    remote: [2, 2],
  },
  'DELETE of a manifest with three tags': {
    prepare: image,
    run: ({ manifests }) => manifests.delete(REPOSITORY, reference(digestOf(BYTES))),
    local: [13, 7],
    remote: [16, 8],
  },
  'a list of tags': {
    prepare: image,
    run: ({ tags }) => tags.list(REPOSITORY, ALL),
    local: [1, 1],
    remote: [1, 1],
  },
};

for (const [what, { prepare, run, ...costs }] of Object.entries(COSTS)) {
  for (const locality of ['local', 'remote'] as const) {
    test(`${what}: driver calls of a ${locality} storage, and one after the other`, async (t) => {
      const storage = new RoundDriver(locality);
      const core = composeCore(storage);
      await prepare(core, composeCore(storage));
      storage.reset();
      await run(core);
      t.deepEqual(storage.cost, costs[locality]);
    });
  }
}
