import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { parseTag } from '../../../../core/model/reference.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { content, drain } from '../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageManifest,
  name,
  pushBlob,
  reference,
  tagged,
} from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE } from '../../../helpers/core/repository-parts.ts';
import { ShiftedClock } from '../../../helpers/core/shifted-clock.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';

const OLD = name('team/app');
/** A collection looks at it before the old name. */
const NEW = name('other/place');
const CONFIG = content(20, 1);
const LAYER = content(3_000, 2);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });
const LATE_MS = 11_000;

test.serial('a rename that takes long keeps what a collection takes for garbage that began meanwhile', async (t) => {
  const driver = new MemoryDriver();
  const core = composeCore(driver);
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, OLD, bytes);
  const gatedCollector = new GatedDriver(driver);
  const publication = gatedCollector.holdNext(({ call, path }) => call === 'write' && path.endsWith('/filter'));
  const looked = Promise.withResolvers<ReturnType<GatedDriver['holdNext']>>();
  const collected = collectGarbage(composeCore(new OldFiles(gatedCollector)), {
    meanwhile: async () =>
      looked.resolve(
        gatedCollector.holdNext(({ call, path }) => call === 'list' && path === core.paths.revisions(OLD, 'sha256')),
      ),
  });
  // The search has not seen the image, so its blobs are candidates.
  await publication.reached;
  await core.manifests.put(OLD, tagged('v1'), { bytes: IMAGE, contentType: undefined });

  const gatedRename = new GatedDriver(driver);
  const renaming = composeCore(gatedRename);
  const copy = gatedRename.holdNext(({ call, path }) => call === 'write' && path.startsWith(core.paths.revisions(NEW)));
  const changer = renaming.container.get(RepositoryChanger);
  const renamed = changer.complete(await changer.announce({ action: 'rename', name: OLD, target: NEW }), AT_ONCE);
  // Links to blobs are copied before any process could know of the collection.
  await copy.reached;
  using _clock = new ShiftedClock(LATE_MS);
  publication.open();
  const secondLook = await looked.promise;
  // It has looked at the new name when there was no manifest, and looks at the old one when there is none any more.
  await secondLook.reached;
  copy.open();
  await renamed;
  secondLook.open();
  await collected;

  t.deepEqual((await core.manifests.get(NEW, tagged('v1'))).bytes, IMAGE);
  for (const bytes of [CONFIG, LAYER])
    t.deepEqual(await drain(await (await core.layers.fetch(NEW, digestOf(bytes))).open()), bytes);
});

test.serial(
  'a rename that takes long restores a manifest whose tag was not there when a collection looked',
  async (t) => {
    const driver = new MemoryDriver();
    const core = composeCore(driver);
    for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, OLD, bytes);
    const bytes = imageManifest({
      config: descriptorOf(CONFIG),
      layers: [descriptorOf(LAYER)],
      subject: { ...descriptorOf(CONFIG), mediaType: 'application/vnd.oci.image.manifest.v1+json' },
    });
    await core.manifests.put(OLD, tagged('v1'), { bytes, contentType: undefined });
    const gated = new GatedDriver(driver);
    const renaming = composeCore(gated);
    const copy = gated.holdNext(({ call, path }) => call === 'write' && path.startsWith(core.paths.tags(NEW)));
    const changer = renaming.container.get(RepositoryChanger);
    const renamed = changer.complete(await changer.announce({ action: 'rename', name: OLD, target: NEW }), AT_ONCE);
    await copy.reached;
    const collector = composeCore(new OldFiles(driver));
    const { removedManifests } = await collectGarbage(collector, { deletesUntagged: true });
    t.is(removedManifests, 1, 'nothing kept it');
    using _clock = new ShiftedClock(LATE_MS);
    copy.open();
    await renamed;
    t.deepEqual((await core.manifests.get(NEW, tagged('v1'))).bytes, bytes);
    const referrers = await core.registry.referrers.list(NEW, digestOf(CONFIG), {
      limit: 10,
      after: undefined,
      artifactTypes: [],
    });
    t.deepEqual(
      referrers.items.map(({ digest }) => digest),
      [digestOf(bytes)],
    );
  },
);

test.serial('a process whose machine was suspended looks for announcements again', async (t) => {
  const driver = new MemoryDriver();
  const [core, other] = [composeCore(driver), composeCore(driver)];
  for (const bytes of [CONFIG, LAYER]) await pushBlob(core.layers, OLD, bytes);
  await core.manifests.put(OLD, tagged('v1'), { bytes: IMAGE, contentType: undefined });
  await other.container.get(RepositoryChanger).announce({ action: 'delete', name: OLD });
  await core.manifests.put(OLD, tagged('v2'), { bytes: IMAGE, contentType: undefined });
  using _clock = new ShiftedClock(6_000);
  await t.throwsAsync(core.manifests.delete(OLD, { kind: 'tag', tag: parseTag('v2') }), { message: /being deleted/ });
  await t.throwsAsync(core.manifests.put(OLD, reference(digestOf(IMAGE)), { bytes: IMAGE, contentType: undefined }), {
    message: /being deleted/,
  });
});
