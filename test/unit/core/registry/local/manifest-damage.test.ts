import { RegistryError } from '../../../../../core/model/errors.ts';
import { parseTag } from '../../../../../core/model/reference.ts';
import type { Broadcast } from '../../../../../core/ports/broadcast.ts';
import type { Logger } from '../../../../../core/ports/logger.ts';
import { ManifestCache } from '../../../../../core/registry/local/manifest-cache.ts';
import { ManifestReader } from '../../../../../core/registry/local/manifest-reader.ts';
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

const damages: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  'filled with zeros': (bytes) => Buffer.alloc(bytes.length),
  'of one flipped bit': (bytes) => Buffer.from(bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte))),
  'cut short': (bytes) => bytes.subarray(0, 9),
  'of no length': () => Buffer.of(),
  'too long': (bytes) => Buffer.concat([bytes, bytes]),
};

for (const [how, damage] of Object.entries(damages)) {
  eachDriver(
    `a stored manifest ${how} is never served, counts as unknown, and is repaired by a push`,
    async (t, driver) => {
      const writer = composeCore(driver);
      const pushed = { bytes: imageIndex([]), contentType: undefined };
      const { digest } = await writer.manifests.put(REPOSITORY, tagged('a'), pushed);
      await driver.write(writer.paths.blobData(digest), damage(pushed.bytes));
      for (const at of [tagged('a'), reference(digest)]) {
        const error = await t.throwsAsync(composeCore(driver).manifests.get(REPOSITORY, at), {
          instanceOf: RegistryError,
        });
        t.is(error.code, 'MANIFEST_UNKNOWN');
        t.regex(String(error.detail?.['reason']), /damaged/);
      }
      // This process has the right bytes in memory, which prove nothing about the disk.
      await writer.manifests.put(REPOSITORY, reference(digest), pushed);
      t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('a'))).bytes, pushed.bytes);
    },
  );
}

eachDriver('a push repairs the links of a manifest, too', async (t, driver) => {
  const { manifests, paths } = composeCore(driver);
  const pushed = { bytes: imageIndex([]), contentType: undefined };
  const { digest } = await manifests.put(REPOSITORY, tagged('a'), pushed);
  const links = [paths.revisionLink(REPOSITORY, digest), paths.tagCurrentLink(REPOSITORY, parseTag('a'))];
  for (const link of links) await driver.write(link, Buffer.alloc(71));
  await t.throwsAsync(composeCore(driver).manifests.get(REPOSITORY, tagged('a')), { message: /MANIFEST_UNKNOWN/ });
  await manifests.put(REPOSITORY, tagged('a'), pushed);
  t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, tagged('a'))).bytes, pushed.bytes);
});

eachDriver('a damaged manifest is logged for the operator', async (t, driver) => {
  const lines: object[] = [];
  const nothing = (): void => undefined;
  const log: Logger = { debug: nothing, info: nothing, warn: nothing, error: (fields) => lines.push(fields) };
  const broadcast: Broadcast = {
    reach: 'instance',
    isConnected: true,
    publish: async () => undefined,
    subscribe: nothing,
  };
  const { revisions, blobs, manifests, paths } = composeCore(driver);
  const { digest } = await manifests.put(REPOSITORY, tagged('a'), { bytes: imageIndex([]), contentType: undefined });
  await driver.write(paths.blobData(digest), Buffer.from('other bytes'));
  const reader = new ManifestReader(revisions, blobs, new ManifestCache(broadcast, driver), log);
  t.is(await reader.load(REPOSITORY, digest), 'damaged');
  t.deepEqual(lines, [{ digest }]);
});

eachDriver(
  'a process that has served a manifest treats its truncated blobs as missing, at the cost of no call',
  async (t, driver) => {
    const [config, layer] = [Buffer.from('{"os":"linux"}'), Buffer.from('a layer')];
    const writer = composeCore(driver);
    for (const blob of [config, layer]) await pushBlob(writer.layers, REPOSITORY, blob);
    const bytes = imageManifest({ config: descriptorOf(config), layers: [descriptorOf(layer)] });
    await writer.manifests.put(REPOSITORY, tagged('a'), { bytes, contentType: undefined });
    const counting = new CountingDriver(driver);
    const { manifests, blobs, paths } = composeCore(counting);
    for (const blob of [config, layer]) {
      await driver.write(paths.blobData(descriptorOf(blob).digest), blob.subarray(1));
      t.not(await blobs.find(REPOSITORY, descriptorOf(blob).digest), undefined);
    }
    counting.reset();
    await manifests.get(REPOSITORY, tagged('a'));
    t.is(counting.count(), 3);
    for (const blob of [config, layer]) t.is(await blobs.find(REPOSITORY, descriptorOf(blob).digest), undefined);
  },
);
