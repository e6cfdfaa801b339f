import { digestOf } from '../../../../core/digest/digest.ts';
import { content } from '../../../../testing/driver-case.ts';
import { descriptorOf, imageManifest, name, pushBlob } from '../../../helpers/content/registry-content.ts';
import { collectGarbage } from '../../../helpers/core/collect-garbage.ts';
import { composeCore } from '../../../helpers/core/core-parts.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('team/app');
const CONFIG = content(20, 1);

eachDriver(
  'a manifest that is removed because it has no tag leaves no entry as a referrer, and no repository',
  async (t, driver) => {
    const core = composeCore(driver);
    await pushBlob(core.layers, REPOSITORY, CONFIG);
    const subject = imageManifest({ config: descriptorOf(CONFIG), layers: [] });
    const referrer = imageManifest({ config: descriptorOf(CONFIG), layers: [], subject: descriptorOf(subject) });
    for (const bytes of [subject, referrer])
      await core.manifests.put(
        REPOSITORY,
        { kind: 'digest', digest: digestOf(bytes) },
        { bytes, contentType: undefined },
      );
    const paths = async (): Promise<string[]> => [...(await storedFiles(driver)).keys()];
    t.true((await paths()).some((path) => path.includes('/_referrers/')));
    await collectGarbage(composeCore(new OldFiles(driver)), { deletesUntagged: true });
    t.deepEqual(await paths(), []);
  },
);
