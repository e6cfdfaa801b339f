import test, { type ExecutionContext } from 'ava';
import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { guardDriver, parseStoragePath, type StorageDriver } from '../../../../core/driver/index.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, type Scrubbed, scrubbedAnew, withCode } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FAST_DISK } from '../../../helpers/drivers/temp-root.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';
import { Random } from '../../../suites/simulation/random.ts';

const REPOSITORY = name('foo/bar');
const BLOBS = 1100;
const DAMAGED = 1000;
const MAX_BYTES = 2000;
const SEED = Number(process.env['SCRUB_SEED'] ?? Date.now() % 1e9);

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(MAX_BYTES) }, () => random.below(256)));
}

/** A storage with many blobs, most of which have one wrong bit. */
interface Flipped {
  readonly core: CoreParts;
  readonly contents: ReadonlyMap<Digest, Buffer>;
  readonly damaged: ReadonlyMap<Digest, Buffer>;
}

/** @param copy gets everything before the damage */
async function flipped(t: ExecutionContext, driver: StorageDriver, copy?: StorageDriver): Promise<Flipped> {
  t.log(`SCRUB_SEED=${SEED}`);
  const random = new Random(SEED);
  const core = composeCore(driver);
  const contents = new Map<Digest, Buffer>();
  for (let count = 0; count < BLOBS; count += 1) {
    const bytes = randomBytes(random);
    contents.set(await pushBlob(core.layers, REPOSITORY, bytes), bytes);
  }
  for (const [path, bytes] of await storedFiles(driver)) await copy?.write(parseStoragePath(path), bytes);
  const all = [...contents];
  const damaged = new Map<Digest, Buffer>();
  while (damaged.size < DAMAGED) {
    const [digest, bytes] = random.pick(all);
    damaged.set(digest, bytes);
  }
  for (const [digest, bytes] of damaged) {
    const wrong = Buffer.from(bytes);
    const at = random.below(wrong.byteLength);
    wrong[at] = (wrong[at] as number) ^ (1 << random.below(8));
    await driver.write(core.paths.blobData(digest), wrong);
  }
  return { core, contents, damaged };
}

/** All that is damaged is found, and nothing else. */
function assertFound(t: ExecutionContext, found: Scrubbed, { contents, damaged }: Flipped): void {
  t.like(found.report, { blobs: contents.size, damage: DAMAGED });
  t.deepEqual(
    withCode(found, 'content-damaged').map(({ digest }) => digest),
    [...damaged.keys()].sort(),
  );
}

/** Every blob is served with its own bytes, by a process that has nothing in memory. */
async function assertServed(t: ExecutionContext, driver: StorageDriver, { contents }: Flipped): Promise<void> {
  const { layers } = composeCore(driver);
  for (const [digest, bytes] of contents) {
    const layer = await layers.fetch(REPOSITORY, digest);
    t.is(layer.descriptor.size, bytes.byteLength);
    t.is(digestOf(Buffer.concat(await (await layer.open()).toArray())), digest);
  }
}

eachDriver(
  'a bit that flips anywhere in 1000 of 1100 blobs is found, none of them is served, and a push repairs each',
  async (t, driver) => {
    const world = await flipped(t, driver);
    const { core, damaged } = world;
    assertFound(t, await scrubbedAnew(driver), world);

    for (const process of [core, composeCore(driver)]) {
      for (const digest of damaged.keys()) {
        t.false(await process.layers.exists(REPOSITORY, digest), digest);
        const error = await t.throwsAsync(process.layers.fetch(REPOSITORY, digest), { instanceOf: RegistryError });
        t.is(error.code, 'BLOB_UNKNOWN');
      }
    }

    for (const bytes of damaged.values()) await pushBlob(composeCore(driver).layers, REPOSITORY, bytes);
    await assertServed(t, driver, world);
    const again = await scrubbedAnew(driver);
    t.deepEqual(
      outcomes(again),
      Array.from(damaged, () => 'content-repaired removed'),
    );
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
  },
  FAST_DISK,
);

for (const from of ['a replica', 'a registry elsewhere'] as const) {
  test(`a bit that flips anywhere in 1000 of 1100 blobs is found and repaired from ${from}, which is not changed`, async (t) => {
    const [driver, copy] = [new MemoryDriver(), new MemoryDriver()];
    const elsewhere = composeCore(copy);
    const world = await flipped(t, driver, copy);
    // A repository without any manifest is in no catalog.
    const [config = Buffer.from('')] = world.contents.values();
    const bytes = imageManifest({ config: descriptorOf(config), layers: [] });
    await world.core.manifests.put(REPOSITORY, tagged('v1'), { bytes, contentType: undefined });
    const before = await storedFiles(copy);
    const upstream = {
      host: 'registry.example.com',
      isMirrored: () => true,
      open: async () => ({ ...elsewhere, [Symbol.asyncDispose]: async () => undefined }),
    };
    const source = from === 'a replica' ? { openReplica: async () => guardDriver(copy) } : { upstream };
    const found = await scrubbedAnew(driver, source);
    assertFound(t, found, { ...world, contents: new Map([...world.contents, [digestOf(bytes), bytes]]) });
    t.is(found.report.actions.repaired, DAMAGED);
    await assertServed(t, driver, world);
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
    t.deepEqual(await storedFiles(copy), before);
  });
}
