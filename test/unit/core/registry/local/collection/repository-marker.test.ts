import { digestOf } from '../../../../../../core/digest/digest.ts';
import { OCI_IMAGE_MANIFEST } from '../../../../../../core/model/media-types.ts';
import { PathMapper } from '../../../../../../core/storage/paths/path-mapper.ts';
import { QuarantineStore } from '../../../../../../core/storage/quarantine-store.ts';
import { content } from '../../../../../../testing/driver-case.ts';
import {
  descriptorOf,
  imageIndex,
  imageManifest,
  name,
  pushBlob,
  tagged,
} from '../../../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../../../helpers/core/collect-garbage.ts';
import { composeCore } from '../../../../../helpers/core/core-parts.ts';
import { type CallSite, DriverWrapper } from '../../../../../helpers/drivers/driver-wrapper.ts';
import { eachDriver } from '../../../../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../../../../helpers/drivers/old-files.ts';

const REPOSITORY = name('team/app');
const CONFIG = content(20, 1);
const LAYER = content(3_000, 2);
const GARBAGE = content(5_000, 3);
const IMAGE = imageManifest({ config: descriptorOf(CONFIG), layers: [descriptorOf(LAYER)] });

/** A scrub puts content back just before a collection asks whether it is in quarantine. */
class ReturningScrub extends DriverWrapper {
  readonly #folder = new PathMapper().quarantineFolder(digestOf(IMAGE));
  putBack: () => Promise<void> = async () => undefined;

  protected override async around<Result>({ call, path }: CallSite, action: () => Promise<Result>): Promise<Result> {
    if (call === 'stat' && path === this.#folder) await this.putBack();
    return action();
  }
}

eachDriver(
  'blobs stay whose manifest a scrub moves and puts back while a collection looks for it',
  async (t, inner) => {
    const driver = new ReturningScrub(inner);
    const core = composeCore(inner);
    for (const bytes of [CONFIG, LAYER, GARBAGE]) await pushBlob(core.layers, REPOSITORY, bytes);
    await core.manifests.put(REPOSITORY, tagged('v1'), { bytes: IMAGE, contentType: undefined });
    const quarantine = core.container.get(QuarantineStore);
    const digest = digestOf(IMAGE);
    const take = async (): Promise<void> => {
      const id = (await quarantine.take(digest)) ?? '';
      driver.putBack = () => quarantine.putBack(digest, id);
    };
    await take();
    t.like(await collectGarbage(composeCore(new OldFiles(driver)), { meanwhile: take }), {
      removedContents: 1,
      removedLinks: 1,
    });
    await driver.putBack();
    for (const bytes of [CONFIG, LAYER]) t.true(await composeCore(inner).layers.exists(REPOSITORY, digestOf(bytes)));
  },
);

eachDriver(
  'untagged manifests stay in a repository with an index in quarantine, whose images they may be',
  async (t, driver) => {
    const core = composeCore(driver);
    for (const bytes of [CONFIG, LAYER, GARBAGE]) await pushBlob(core.layers, REPOSITORY, bytes);
    const index = imageIndex([descriptorOf(IMAGE, OCI_IMAGE_MANIFEST)]);
    const byDigest = { kind: 'digest', digest: digestOf(IMAGE) } as const;
    await core.manifests.put(REPOSITORY, byDigest, { bytes: IMAGE, contentType: undefined });
    await core.manifests.put(REPOSITORY, tagged('v1'), { bytes: index, contentType: undefined });
    const quarantine = core.container.get(QuarantineStore);
    const id = (await quarantine.take(digestOf(index))) ?? '';
    const report = await collectGarbage(composeCore(new OldFiles(driver)), { deletesUntagged: true });
    t.like(report, { removedManifests: 0, removedContents: 0, unclear: [REPOSITORY] });
    await quarantine.putBack(digestOf(index), id);
    t.deepEqual((await composeCore(driver).manifests.get(REPOSITORY, byDigest)).bytes, IMAGE);
  },
);
