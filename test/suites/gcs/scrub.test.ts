import { digestOf } from '../../../core/digest/digest.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import { outcomes, scrubbedAnew } from '../../helpers/core/scrub-parts.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';

const test = testsWithEmulator('scrub');
const REPOSITORY = name('foo/bar');
const CONFIG = Buffer.from('{}');
const LAYER = Buffer.alloc(700_000, 'layer');
const DIGEST = digestOf(LAYER);
const MANIFEST = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });

async function pushImage({ layers, manifests }: CoreParts): Promise<void> {
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  await manifests.put(REPOSITORY, tagged('v1'), { bytes: MANIFEST, contentType: undefined });
}

test('where moves are copies, damaged content is quarantined, repaired by a push, and repaired from another bucket', async (t) => {
  const endpoint = await emulatorUrl();
  const driver = await openGcs(await newBucket(), endpoint);
  const replica = await newBucket();
  const core = composeCore(driver);
  await pushImage(core);
  await pushImage(composeCore(await openGcs(replica, endpoint)));
  const damage = (): Promise<void> => driver.write(core.paths.blobData(DIGEST), Buffer.from('damaged'));
  t.deepEqual(outcomes(await scrubbedAnew(driver)), []);

  await damage();
  t.deepEqual(outcomes(await scrubbedAnew(driver)), [
    'blob-missing none',
    'content-damaged quarantined',
    'layer-link-dangling none',
  ]);
  t.false(await composeCore(driver).layers.exists(REPOSITORY, DIGEST));
  await pushImage(composeCore(driver));
  t.true(await composeCore(driver).layers.exists(REPOSITORY, DIGEST));
  t.deepEqual(outcomes(await scrubbedAnew(driver)), ['content-repaired removed']);

  await damage();
  const openReplica = () => openGcs(replica, endpoint);
  t.deepEqual(outcomes(await scrubbedAnew(driver, { openReplica })), ['content-damaged repaired']);
  t.deepEqual(outcomes(await scrubbedAnew(driver)), []);
});
