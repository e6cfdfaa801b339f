import type { StorageDriver } from '../../../../../core/driver/index.ts';
import { RegistryError } from '../../../../../core/model/errors.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const CONFIG = Buffer.from('{"os":"linux"}');
const LAYER = Buffer.from('the bytes of a layer');
const LOOSE = Buffer.from('a blob that no manifest names');
const { digest: DIGEST } = descriptorOf(LAYER);

/** Stores an image and a blob that nothing names; returns a process that starts afterwards. */
async function startAfterPush(driver: StorageDriver) {
  const { layers, manifests } = composeCore(driver);
  for (const blob of [CONFIG, LAYER, LOOSE]) await pushBlob(layers, REPOSITORY, blob);
  const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
  await manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined });
  const counting = new CountingDriver(driver);
  const started = composeCore(counting);
  counting.reset();
  return { ...started, counting };
}

for (const [how, damage] of [
  ['cut short', (bytes: Buffer) => bytes.subarray(1)],
  ['too long', (bytes: Buffer) => Buffer.concat([bytes, bytes])],
] as const) {
  eachDriver(`a process that has just started treats a blob that is ${how} as missing`, async (t, driver) => {
    const { layers, paths } = await startAfterPush(driver);
    await driver.write(paths.blobData(DIGEST), damage(LAYER));
    const error = await t.throwsAsync(layers.stat(REPOSITORY, DIGEST), { instanceOf: RegistryError });
    t.is(error.code, 'BLOB_UNKNOWN');
    t.false(await layers.exists(REPOSITORY, DIGEST));
  });

  for (const from of [REPOSITORY, '*'] as const) {
    eachDriver(`a process that has just started mounts no blob that is ${how} from ${from}`, async (t, driver) => {
      const { layers, paths } = await startAfterPush(driver);
      await driver.write(paths.blobData(DIGEST), damage(LAYER));
      t.is(await layers.mount(name('other'), DIGEST, from), undefined);
      t.false(await layers.exists(name('other'), DIGEST));
      await pushBlob(layers, REPOSITORY, LAYER);
      t.is((await layers.mount(name('other'), DIGEST, from))?.size, LAYER.byteLength);
    });
  }
}

eachDriver('the manifests of a repository are read once, and cost later requests nothing', async (t, driver) => {
  const { layers, counting } = await startAfterPush(driver);
  t.true(await layers.exists(REPOSITORY, DIGEST));
  counting.reset();
  for (const blob of [CONFIG, LAYER, LOOSE]) t.true(await layers.exists(REPOSITORY, descriptorOf(blob).digest));
  t.is(counting.count(), 6);
});

eachDriver('a blob exists although a manifest of its repository is damaged', async (t, driver) => {
  const { layers, manifests, paths } = await startAfterPush(driver);
  const { digest } = await manifests.get(REPOSITORY, tagged('a'));
  await driver.write(paths.blobData(digest), Buffer.from('no manifest'));
  const { layers: started } = composeCore(driver);
  t.true(await started.exists(REPOSITORY, DIGEST));
  t.true(await layers.exists(REPOSITORY, DIGEST));
});

eachDriver('a false size in a manifest of the repository hides no blob', async (t, driver) => {
  const { layers, manifests } = composeCore(driver);
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [{ ...descriptorOf(LAYER), size: 3 }] });
  await manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined });
  t.is((await composeCore(driver).layers.stat(REPOSITORY, DIGEST)).size, LAYER.byteLength);
});
