import test from 'ava';
import { digestOf } from '../../../../core/digest/digest.ts';
import { DriverError, ForwardingDriver, guardDriver, type StorageDriver } from '../../../../core/driver/index.ts';
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

async function pushImage({ layers, manifests }: CoreParts): Promise<void> {
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  await manifests.put(REPOSITORY, tagged('v1'), { bytes: MANIFEST, contentType: undefined });
}

interface World {
  readonly core: CoreParts;
  readonly replica: MemoryDriver;
  readonly openReplica: () => Promise<StorageDriver>;
  readonly closed: () => number;
}

/** An image in a storage, and in its replica. */
async function withReplica(driver: StorageDriver): Promise<World> {
  const replica = new MemoryDriver();
  await pushImage(composeCore(replica));
  const core = composeCore(driver);
  await pushImage(core);
  let closed = 0;
  class Counted extends ForwardingDriver {
    override async [Symbol.asyncDispose](): Promise<void> {
      closed += 1;
    }
  }
  return { core, replica, openReplica: async () => guardDriver(new Counted(replica)), closed: () => closed };
}

async function isWhole(driver: StorageDriver): Promise<boolean> {
  const { layers, manifests } = composeCore(driver);
  const manifest = await manifests.get(REPOSITORY, tagged('v1')).catch(() => undefined);
  if (manifest?.digest !== DIGEST) return false;
  const layer = await layers.fetch(REPOSITORY, LAYER_DIGEST).catch(() => undefined);
  return layer !== undefined && Buffer.concat(await (await layer.open()).toArray()).equals(LAYER);
}

const damages: Readonly<
  Record<string, { readonly damage: (core: CoreParts) => Promise<void>; readonly found: readonly string[] }>
> = {
  'a damaged layer': {
    damage: ({ driver, paths }) => driver.write(paths.blobData(LAYER_DIGEST), OTHER),
    found: ['content-damaged repaired'],
  },
  'a damaged manifest': {
    damage: ({ driver, paths }) => driver.write(paths.blobData(DIGEST), OTHER),
    found: ['content-damaged repaired'],
  },
  'a missing layer': {
    damage: ({ driver, paths }) => driver.delete(paths.blobFolder(LAYER_DIGEST)),
    found: ['blob-missing repaired'],
  },
  'a missing manifest': {
    damage: ({ driver, paths }) => driver.delete(paths.blobFolder(DIGEST)),
    found: ['manifest-missing repaired'],
  },
  'a missing manifest with a missing layer': {
    damage: async ({ driver, paths }) => {
      await driver.delete(paths.blobFolder(DIGEST));
      await driver.delete(paths.blobFolder(LAYER_DIGEST));
    },
    found: ['blob-missing repaired', 'manifest-missing repaired'],
  },
};

for (const [what, { damage, found }] of Object.entries(damages)) {
  eachDriver(`${what} is repaired from the replica, which is not changed`, async (t, driver) => {
    const { core, replica, openReplica, closed } = await withReplica(driver);
    await damage(core);
    const before = [await storedFiles(driver), await storedFiles(replica)] as const;
    await scrubbedAnew(driver, { openReplica, dryRun: true });
    t.deepEqual(await storedFiles(driver), before[0]);
    t.is(closed(), 0, 'a dry run does not open it');
    t.deepEqual(outcomes(await scrubbedAnew(driver, { openReplica })), found);
    t.is(closed(), 1);
    t.true(await isWhole(driver));
    t.deepEqual(await storedFiles(replica), before[1]);
    t.deepEqual(outcomes(await scrubbedAnew(driver, { openReplica })), []);
    t.is(closed(), 1, 'nothing was needed from it');
  });
}

eachDriver('content in quarantine is repaired once there is a replica', async (t, driver) => {
  const { core, openReplica } = await withReplica(driver);
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  await scrubbedAnew(driver);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { openReplica })), ['content-repaired repaired']);
  t.true(await isWhole(driver));
});

eachDriver('a replica that is damaged as well repairs nothing, and its bytes are never served', async (t, driver) => {
  const { core, replica, openReplica } = await withReplica(driver);
  for (const storage of [driver, replica]) await storage.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const found = await scrubbedAnew(driver, { openReplica });
  t.deepEqual(outcomes(found), ['blob-missing none', 'content-damaged quarantined', 'layer-link-dangling none']);
  t.regex(found.findings[0]?.reason ?? '', /^it could not be repaired: the content stored for sha256:\w+ is corrupt$/);
  t.false(await composeCore(driver).layers.exists(REPOSITORY, LAYER_DIGEST));
  t.deepEqual(
    [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/repair-')),
    [],
  );
});

eachDriver('a replica that lacks the content, or cannot be opened, fails no scrub', async (t, driver) => {
  const { core } = await withReplica(driver);
  await driver.write(core.paths.blobData(LAYER_DIGEST), OTHER);
  const unreachable = async (): Promise<StorageDriver> => {
    throw new DriverError('unavailable', { path: '/' });
  };
  const found = await scrubbedAnew(driver, { openReplica: unreachable });
  t.regex(found.findings[0]?.reason ?? '', /^it could not be repaired: unavailable/);
  const empty = await scrubbedAnew(driver, { openReplica: async () => guardDriver(new MemoryDriver()) });
  t.deepEqual(outcomes(empty), ['blob-missing none', 'content-quarantined none', 'layer-link-dangling none']);
});

test('a blob that was deleted from its repository is not brought back', async (t) => {
  const driver = new MemoryDriver();
  const { core, openReplica } = await withReplica(driver);
  await core.layers.delete(REPOSITORY, LAYER_DIGEST);
  await driver.delete(core.paths.blobFolder(LAYER_DIGEST));
  t.deepEqual(outcomes(await scrubbedAnew(driver, { openReplica })), ['blob-missing none']);
  t.false(await core.layers.exists(REPOSITORY, LAYER_DIGEST));
});
