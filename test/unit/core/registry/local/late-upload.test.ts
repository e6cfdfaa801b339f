import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../../../core/digest/digest.ts';
import { ForwardingDriver, type StorageDriver, type StoragePath } from '../../../../../core/driver/index.ts';
import { MAX_HELD_BYTES } from '../../../../../core/registry/local/held-bytes.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { bodyOf, content } from '../../../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../../helpers/core/core-parts.ts';
import { ShiftedClock } from '../../../../helpers/core/shifted-clock.ts';
import { type CallSite, DriverWrapper } from '../../../../helpers/drivers/driver-wrapper.ts';

const APP = name('team/app');
/** More than an upload holds in memory. */
const LAYER = content(MAX_HELD_BYTES + 1, 1);
const DIGEST = digestOf(LAYER);

/** Stores the content of one blob so slowly that collections may come and go meanwhile. */
class SlowDriver extends DriverWrapper {
  readonly #path: StoragePath;
  readonly #after: () => Promise<void>;

  constructor(inner: StorageDriver, path: StoragePath, after: () => Promise<void>) {
    super(inner);
    this.#path = path;
    this.#after = after;
  }

  protected override async around<Result>(
    { call, path, to }: CallSite,
    action: () => Promise<Result>,
  ): Promise<Result> {
    const result = await action();
    const isStored = to === this.#path || (path === this.#path && (call === 'write' || call === 'commit'));
    if (isStored) await this.#after();
    return result;
  }
}

/** A process on a remote storage that stores the layer slowly, by the clock of the machine. */
function slowCore(
  t: ExecutionContext,
  driver: MemoryDriver,
  after: () => Promise<void> = async () => undefined,
): CoreParts {
  let clock: ShiftedClock | undefined;
  t.teardown(() => clock?.[Symbol.dispose]());
  const path = composeCore(driver).paths.blobData(DIGEST);
  const slow = new SlowDriver(driver, path, async () => {
    if (clock !== undefined) return;
    clock = new ShiftedClock(11_000);
    await after();
  });
  return composeCore(new ForwardingDriver(slow, { locality: 'remote' }));
}

async function putManifest(core: CoreParts): Promise<void> {
  const config = Buffer.from('{}');
  await pushBlob(core.layers, APP, config);
  const bytes = imageManifest({ config: descriptorOf(config), layers: [descriptorOf(LAYER)] });
  await core.manifests.put(APP, tagged('v1'), { bytes, contentType: undefined });
}

test.serial('a late upload whose content a collection has removed meanwhile is not acknowledged', async (t) => {
  const driver = new MemoryDriver();
  const core = slowCore(t, driver, () => driver.delete(composeCore(driver).paths.blobFolder(DIGEST)));
  await using upload = await core.layers.upload(APP);
  await upload.append({ body: bodyOf(LAYER) });
  await t.throwsAsync(upload.finish(DIGEST), { message: /BLOB_UPLOAD_UNKNOWN.*upload it again/ });
  await t.throwsAsync(putManifest(core), { message: /MANIFEST_BLOB_UNKNOWN/ });
  await pushBlob(core.layers, APP, LAYER);
  await putManifest(core);
  t.pass();
});

test.serial('a late upload is not certain for the next manifest, which looks for its content', async (t) => {
  const driver = new MemoryDriver();
  const core = slowCore(t, driver);
  await pushBlob(core.layers, APP, LAYER);
  await driver.delete(core.paths.blobFolder(DIGEST));
  await t.throwsAsync(putManifest(core), { message: /MANIFEST_BLOB_UNKNOWN/ });
});

test.serial('content in memory that was removed while it was stored late is stored again', async (t) => {
  const driver = new MemoryDriver();
  const core = slowCore(t, driver, () => driver.delete(composeCore(driver).paths.blobFolder(DIGEST)));
  await core.blobs.publish(APP, DIGEST, { bytes: LAYER });
  t.is((await core.blobs.find(APP, DIGEST))?.size, LAYER.byteLength);
  await driver.delete(core.paths.blobFolder(DIGEST));
  await t.throwsAsync(putManifest(core), { message: /MANIFEST_BLOB_UNKNOWN/ });
});
