import { type Digest, digestOf } from '../../../../core/digest/digest.ts';
import { RegistryError } from '../../../../core/model/errors.ts';
import { name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, scrubbedAnew, withCode } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { FAST_DISK } from '../../../helpers/drivers/temp-root.ts';
import { Random } from '../../../suites/simulation/random.ts';

const REPOSITORY = name('foo/bar');
const BLOBS = 1100;
const DAMAGED = 1000;
const MAX_BYTES = 2000;
const SEED = Number(process.env['SCRUB_SEED'] ?? Date.now() % 1e9);

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 1 + random.below(MAX_BYTES) }, () => random.below(256)));
}

eachDriver(
  'a bit that flips anywhere in 1000 of 1100 blobs is found, none of them is served, and a push repairs each',
  async (t, driver) => {
    t.log(`SCRUB_SEED=${SEED}`);
    const random = new Random(SEED);
    const core = composeCore(driver);
    const contents = new Map<Digest, Buffer>();
    for (let count = 0; count < BLOBS; count += 1) {
      const bytes = randomBytes(random);
      contents.set(await pushBlob(core.layers, REPOSITORY, bytes), bytes);
    }
    const all = [...contents];
    const damaged = new Map<Digest, Buffer>();
    while (damaged.size < DAMAGED) {
      const [digest, bytes] = random.pick(all);
      damaged.set(digest, bytes);
    }
    for (const [digest, bytes] of damaged) {
      const flipped = Buffer.from(bytes);
      const at = random.below(flipped.byteLength);
      flipped[at] = (flipped[at] as number) ^ (1 << random.below(8));
      await driver.write(core.paths.blobData(digest), flipped);
    }

    const found = await scrubbedAnew(driver);
    t.like(found.report, { blobs: contents.size, damage: DAMAGED });
    t.deepEqual(
      withCode(found, 'content-damaged').map(({ digest }) => digest),
      [...damaged.keys()].sort(),
    );

    for (const process of [core, composeCore(driver)]) {
      for (const digest of damaged.keys()) {
        t.false(await process.layers.exists(REPOSITORY, digest), digest);
        const error = await t.throwsAsync(process.layers.fetch(REPOSITORY, digest), { instanceOf: RegistryError });
        t.is(error.code, 'BLOB_UNKNOWN');
      }
    }

    for (const bytes of damaged.values()) await pushBlob(composeCore(driver).layers, REPOSITORY, bytes);
    for (const [digest, bytes] of contents) {
      const layer = await core.layers.fetch(REPOSITORY, digest);
      t.is(layer.descriptor.size, bytes.byteLength);
      t.is(digestOf(Buffer.concat(await (await layer.open()).toArray())), digest);
    }
    const again = await scrubbedAnew(driver);
    t.deepEqual(
      outcomes(again),
      Array.from(damaged, () => 'content-repaired removed'),
    );
    t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
  },
  FAST_DISK,
);
