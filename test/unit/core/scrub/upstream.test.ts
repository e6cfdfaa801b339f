import { Readable } from 'node:stream';
import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import type { ReadOptions, StorageDriver } from '../../../../core/driver/index.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import type { RepositoryName } from '../../../../core/model/reference.ts';
import type { Layer } from '../../../../core/registry/layer.ts';
import type { Upstream } from '../../../../core/scrub/upstream-registry.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, scrubbedAnew } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('foo/bar');
const CONFIG = Buffer.from('{}');
const LAYER = Buffer.from('the bytes of a layer');
const LAYER_DIGEST = digestOf(LAYER);
const MANIFEST = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const DIGEST = digestOf(MANIFEST);
const OTHER = Buffer.from('other bytes');

async function pushImage({ layers, manifests }: CoreParts, repository = REPOSITORY): Promise<void> {
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, repository, blob);
  await manifests.put(repository, tagged('v1'), { bytes: MANIFEST, contentType: undefined });
}

interface World {
  readonly core: CoreParts;
  /** The storage of the registry elsewhere. */
  readonly elsewhere: MemoryDriver;
  readonly upstream: Upstream;
  /** `blob foo/bar`, `manifest foo/bar`: what it was asked for. */
  readonly asked: string[];
  readonly opened: () => number;
  readonly closed: () => number;
}

/** An image in a storage, and in a registry elsewhere. */
async function withUpstream(driver: StorageDriver, others: Partial<Upstream> = {}): Promise<World> {
  const elsewhere = new MemoryDriver();
  const { layers, manifests } = composeCore(elsewhere);
  await pushImage(composeCore(elsewhere));
  const core = composeCore(driver);
  await pushImage(core);
  const asked: string[] = [];
  let [opened, closed] = [0, 0];
  const upstream: Upstream = {
    host: 'registry.example.com',
    isMirrored: () => true,
    open: async () => {
      opened += 1;
      return {
        layers: Object.assign(Object.create(layers) as typeof layers, {
          fetch: async (repository: RepositoryName, digest: typeof DIGEST): Promise<Layer> => {
            asked.push(`blob ${repository}`);
            return layers.fetch(repository, digest);
          },
        }),
        manifests: Object.assign(Object.create(manifests) as typeof manifests, {
          get: async (...args: Parameters<typeof manifests.get>) => {
            asked.push(`manifest ${args[0]}`);
            return manifests.get(...args);
          },
        }),
        [Symbol.asyncDispose]: async () => void (closed += 1),
      };
    },
    ...others,
  };
  return { core, elsewhere, upstream, asked, opened: () => opened, closed: () => closed };
}

async function isWhole(driver: StorageDriver): Promise<boolean> {
  const { layers, manifests } = composeCore(driver);
  const manifest = await manifests.get(REPOSITORY, tagged('v1')).catch(() => undefined);
  if (manifest?.digest !== DIGEST) return false;
  const layer = await layers.fetch(REPOSITORY, LAYER_DIGEST).catch(() => undefined);
  return layer !== undefined && Buffer.concat(await (await layer.open()).toArray()).equals(LAYER);
}

const damages: Readonly<
  Record<
    string,
    {
      readonly damage: (core: CoreParts) => Promise<void>;
      readonly found: readonly string[];
      readonly asked: readonly string[];
    }
  >
> = {
  'a damaged layer': {
    damage: ({ driver, paths }) => driver.write(paths.blobData(LAYER_DIGEST), OTHER),
    found: ['content-damaged repaired'],
    asked: ['blob foo/bar'],
  },
  'a damaged manifest': {
    damage: ({ driver, paths }) => driver.write(paths.blobData(DIGEST), OTHER),
    found: ['content-damaged repaired'],
    asked: ['manifest foo/bar'],
  },
  'a missing layer': {
    damage: ({ driver, paths }) => driver.delete(paths.blobFolder(LAYER_DIGEST)),
    found: ['blob-missing repaired'],
    asked: ['blob foo/bar'],
  },
  'a missing manifest with a missing layer': {
    damage: async ({ driver, paths }) => {
      await driver.delete(paths.blobFolder(DIGEST));
      await driver.delete(paths.blobFolder(LAYER_DIGEST));
    },
    found: ['blob-missing repaired', 'manifest-missing repaired'],
    asked: ['manifest foo/bar', 'blob foo/bar'],
  },
};

for (const [what, { damage, found, asked: expected }] of Object.entries(damages)) {
  eachDriver(`${what} is repaired from a registry, which is asked for nothing else`, async (t, driver) => {
    const { core, upstream, asked, opened, closed } = await withUpstream(driver);
    for (const other of ['a/a', 'z/z']) await pushBlob(core.layers, name(other), CONFIG);
    await damage(core);
    const before = await storedFiles(driver);
    await scrubbedAnew(driver, { upstream, dryRun: true });
    t.deepEqual(await storedFiles(driver), before);
    t.is(opened(), 0, 'a dry run does not open it');
    const scrubbed = await scrubbedAnew(driver, { upstream });
    t.deepEqual(outcomes(scrubbed), found);
    t.regex(scrubbed.findings[0]?.reason ?? '', /^repaired from the registry registry\.example\.com$/);
    t.deepEqual(asked, expected);
    t.true(await isWhole(driver));
    t.deepEqual(outcomes(await scrubbedAnew(driver, { upstream })), []);
    t.deepEqual([opened(), closed()], [1, 1]);
  });
}

test('the replica is asked first, and the registry for what the replica lacks', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream, asked } = await withUpstream(driver);
  const replica = new MemoryDriver();
  await pushBlob(composeCore(replica).layers, REPOSITORY, LAYER);
  for (const digest of [LAYER_DIGEST, DIGEST]) await driver.write(core.paths.blobData(digest), OTHER);
  const { findings } = await scrubbedAnew(driver, { upstream, openReplica: async () => replica });
  t.deepEqual(findings.map(({ reason }) => reason).sort(), [
    'repaired from the registry registry.example.com',
    'repaired from the replica',
  ]);
  t.deepEqual(asked, ['manifest foo/bar']);
});

test('a repository that the registry is not said to have is not asked for', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream, opened } = await withUpstream(driver, {
    isMirrored: (repository) => repository !== REPOSITORY,
  });
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { upstream })), [
    'blob-missing none',
    'content-damaged quarantined',
    'layer-link-dangling none',
  ]);
  t.is(opened(), 0);
});

test('a blob is found under any repository that refers to it, although the registry lacks some of them', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream, asked } = await withUpstream(driver);
  for (const before of ['a/a', 'b/b']) await pushImage(core, name(before));
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { upstream })), ['content-damaged repaired']);
  t.deepEqual(asked, ['blob a/a', 'blob b/b', 'blob foo/bar']);
});

test('content in quarantine is repaired once there is an upstream', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream } = await withUpstream(driver);
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  await scrubbedAnew(driver);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { upstream })), ['content-repaired repaired']);
  t.true(await isWhole(driver));
});

test('wrong bytes of the registry repair nothing, and are never served', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream } = await withUpstream(driver);
  const lying: Upstream = {
    ...upstream,
    open: async () => {
      const opened = await upstream.open();
      const layer = {
        descriptor: descriptorOf(LAYER),
        open: async () => Readable.from([OTHER], { objectMode: false }),
      };
      const layers = Object.assign(Object.create(opened.layers) as typeof opened.layers, { fetch: async () => layer });
      return { ...opened, layers };
    },
  };
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const { findings } = await scrubbedAnew(driver, { upstream: lying });
  t.is(findings[0]?.action, 'quarantined');
  t.regex(findings[0]?.reason ?? '', /^it could not be repaired: the content stored for sha256:\w+ is corrupt$/);
  t.false(await composeCore(driver).layers.exists(REPOSITORY, LAYER_DIGEST));
  t.deepEqual(
    [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/repair-')),
    [],
  );
});

test('a registry that is away fails no scrub, and is given up after three requests in a row', async (t) => {
  const driver = new MemoryDriver();
  let asked = 0;
  const away = async (): Promise<never> => {
    asked += 1;
    throw new RegistryError('UNAVAILABLE', { reason: 'refused' });
  };
  const { core, upstream } = await withUpstream(driver);
  const blobs = Array.from({ length: 8 }, (_, index) => Buffer.from(`blob ${index}`));
  for (const blob of blobs) {
    await driver.write(core.paths.blobData(await pushBlob(core.layers, REPOSITORY, blob)), OTHER);
  }
  const { report, findings } = await scrubbedAnew(driver, {
    concurrency: 1,
    upstream: {
      ...upstream,
      open: async () => {
        const opened = await upstream.open();
        const layers = Object.assign(Object.create(opened.layers) as typeof opened.layers, { fetch: away });
        return { ...opened, layers };
      },
    },
  });
  t.is(report.actions.quarantined, blobs.length);
  t.is(asked, 3);
  const reasons = findings.flatMap(({ reason }) => reason ?? []);
  t.is(reasons.filter((reason) => /UNAVAILABLE/.test(reason)).length, 3);
  t.is(reasons.filter((reason) => /was given up: it does not answer$/.test(reason)).length, blobs.length - 3);
});

test('an upstream that cannot be opened is a reason, not the end of the scrub', async (t) => {
  const driver = new MemoryDriver();
  const open = async (): Promise<never> => {
    throw new Error('upstream.pem cannot be read');
  };
  const { core, upstream } = await withUpstream(driver, { open });
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const { findings } = await scrubbedAnew(driver, { upstream });
  t.regex(findings[0]?.reason ?? '', /^it could not be repaired: the registry .*: upstream\.pem cannot be read$/);
});

test('a stop ends the wait for the registry', async (t) => {
  const driver = new MemoryDriver();
  const { core, upstream } = await withUpstream(driver);
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const stopping = new AbortController();
  const hanging: Upstream = {
    ...upstream,
    open: async () => {
      const opened = await upstream.open();
      const open = ({ signal }: ReadOptions = {}) =>
        new Promise<never>((_, reject) => {
          signal?.addEventListener('abort', () => reject(new Error('the request was aborted')));
          stopping.abort(new Error('stopped'));
        });
      const layers = Object.assign(Object.create(opened.layers) as typeof opened.layers, {
        fetch: async () => ({ descriptor: descriptorOf(LAYER), open }),
      });
      return { ...opened, layers };
    },
  };
  await t.throwsAsync(scrubbedAnew(driver, { upstream: hanging, signal: stopping.signal }), { message: 'stopped' });
});
