import test from 'ava';
import {
  DriverError,
  ForwardingDriver,
  guardDriver,
  type ReadOptions,
  type ReadStream,
  type StoragePath,
} from '../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { outcomes, scrubbedAnew } from '../../../helpers/core/scrub-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('foo/bar');
const CONFIG = Buffer.from('{}');
const LAYER = Buffer.from('the bytes of a layer');
const MANIFEST = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });

async function pushImage({ layers, manifests }: CoreParts): Promise<void> {
  for (const blob of [CONFIG, LAYER]) await pushBlob(layers, REPOSITORY, blob);
  await manifests.put(REPOSITORY, tagged('v1'), { bytes: MANIFEST, contentType: undefined });
}

/** Some files belong to another user, as after a restore by root. */
class OfAnotherUser extends ForwardingDriver {
  readonly #isClosed: (path: StoragePath) => boolean;

  constructor(inner: ForwardingDriver['inner'], isClosed: (path: StoragePath) => boolean) {
    super(inner);
    this.#isClosed = isClosed;
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    if (this.#isClosed(path)) throw new DriverError('denied', { path });
    return super.read(path, options);
  }
}

eachDriver(
  'files that this process may not read are named with the reason, and neither moved nor replaced from a replica',
  async (t, driver) => {
    const core = composeCore(driver);
    await pushImage(core);
    const replica = new MemoryDriver();
    await pushImage(composeCore(replica));
    const layer = core.paths.blobData(descriptorOf(LAYER).digest);
    const tag = '/current/link';
    const before = await storedFiles(driver);
    const closed = new OfAnotherUser(driver, (path) => path === layer || path.endsWith(tag));
    const found = await scrubbedAnew(closed, { openReplica: async () => guardDriver(replica) });
    t.deepEqual(outcomes(found), ['content-unreadable none', 'link-unreadable none']);
    for (const { reason } of found.findings) t.regex(reason ?? '', /denied/);
    t.deepEqual(await storedFiles(driver), before);
    t.deepEqual(outcomes(await scrubbedAnew(driver)), [], 'once the rights are right, nothing is wrong');
  },
);

test('a link to a blob that no manifest needs and that is gone is a remark, which brings nothing back', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  await pushImage(core);
  const unneeded = await pushBlob(core.layers, REPOSITORY, Buffer.from('a layer of a deleted image'));
  const replica = new MemoryDriver();
  await pushBlob(composeCore(replica).layers, REPOSITORY, Buffer.from('a layer of a deleted image'));
  await driver.delete(core.paths.blobFolder(unneeded));
  const found = await scrubbedAnew(driver, { openReplica: async () => guardDriver(replica) });
  t.deepEqual(outcomes(found), ['layer-link-dangling none']);
  t.is(found.report.damage, 0);
  t.false(await core.layers.exists(REPOSITORY, unneeded));
});
