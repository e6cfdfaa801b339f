import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { RegistryErrors } from '../../../../../core/model/errors.ts';
import { OCI_IMAGE_INDEX } from '../../../../../core/model/media-types.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../../helpers/content/registry-content.ts';
import { composeCore } from '../../../../helpers/core/core-parts.ts';
import { CountingDriver } from '../../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';

const REPOSITORY = name('foo/bar');
const CONFIG = Buffer.from('{"os":"linux"}');
const LAYER = Buffer.from('a layer');

eachDriver('a wrong size is accepted with a warning while the blob matches its digest', async (t, driver) => {
  const { layers, manifests } = composeCore(driver);
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  const put = (layer: object) => {
    const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [layer] });
    return manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined });
  };
  const layer = descriptorOf(LAYER);
  t.deepEqual((await put(layer)).warnings, []);
  for (const size of [1, LAYER.length - 1, LAYER.length + 1, 2 ** 52, 0, null, undefined]) {
    const warning = `layers[0] has the size ${size ?? 0}, but 7 bytes are stored; clients may reject it`;
    t.deepEqual((await put({ ...layer, size })).warnings, [warning]);
  }
});

eachDriver(
  'a manifest is refused while one of its blobs is truncated, and accepted once the blob was sent again',
  async (t, driver) => {
    const { layers, manifests, paths } = composeCore(driver);
    for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
    const layer = descriptorOf(LAYER);
    const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: [layer] });
    const put = () => manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined });
    await driver.write(paths.blobData(layer.digest), LAYER.subarray(1));
    const { errors } = await errorsOf(t, put());
    t.deepEqual(
      errors.map(({ code, detail }) => [code, detail?.['at']]),
      [['MANIFEST_BLOB_UNKNOWN', 'layers[0]']],
    );
    await pushBlob(layers, REPOSITORY, LAYER);
    t.deepEqual((await put()).warnings, []);
  },
);

eachDriver('a child with a wrong size is accepted with a warning if the size is known', async (t, driver) => {
  const { manifests } = composeCore(driver);
  const child = imageIndex([]);
  await manifests.put(REPOSITORY, reference(digestOf(child)), { bytes: child, contentType: undefined });
  const bytes = imageIndex([{ ...descriptorOf(child, OCI_IMAGE_INDEX), size: 5 }]);
  const parent = { bytes, contentType: undefined };
  t.deepEqual((await manifests.put(REPOSITORY, tagged('a'), parent)).warnings, [
    `manifests[0] has the size 5, but ${child.length} bytes are stored; clients may reject it`,
  ]);
  t.deepEqual((await composeCore(driver).manifests.put(REPOSITORY, tagged('a'), parent)).warnings, []);
});

eachDriver('a blob that a manifest names a hundred times is looked up once', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const { layers, manifests } = composeCore(counting);
  await pushBlob(layers, REPOSITORY, CONFIG);
  const many = Array.from({ length: 100 }, () => descriptorOf(CONFIG));
  const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: many });
  counting.reset();
  await manifests.put(REPOSITORY, reference(digestOf(bytes)), { bytes, contentType: undefined });
  t.true(counting.count() <= 2 + 3, `${counting.count()} calls`);
});

eachDriver(
  'of thousands of missing blobs the first thousand are named, and no more are looked up',
  async (t, driver) => {
    const counting = new CountingDriver(driver);
    const { manifests } = composeCore(counting);
    const missing = Array.from({ length: 5000 }, (_, index) => descriptorOf(Buffer.from(String(index))));
    const bytes = imageManifest({ config: descriptorOf(CONFIG), layers: missing });
    const { errors } = await errorsOf(t, manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined }));
    t.is(errors.length, 1000);
    t.true(counting.count() < 1100, `${counting.count()} calls`);
  },
);

async function errorsOf(t: ExecutionContext, put: Promise<unknown>): Promise<RegistryErrors> {
  return t.throwsAsync(put, { instanceOf: RegistryErrors });
}
