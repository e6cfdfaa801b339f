import test from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseTag } from '../../../core/model/reference.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { descriptorOf, imageManifest, name, pushBlob, tagged } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import { FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';

const REPOSITORY = name('faults/sabotage');
const CONFIG = Buffer.from('{}');
const MANIFEST = { bytes: imageManifest({ config: descriptorOf(CONFIG), layers: [] }), contentType: undefined };

/** At how many of its calls the end of the process leaves a wrong state. */
async function liesOf(put: (core: CoreParts) => Promise<unknown>): Promise<number> {
  let lies = 0;
  for (let index = 0; ; index += 1) {
    const driver = new MemoryDriver();
    const faulty = new FaultInjector(driver);
    const core = composeCore(faulty);
    await pushBlob(core.layers, REPOSITORY, CONFIG);
    faulty.plan({ fault: 'dead', index });
    await put(core).catch(() => undefined);
    if (brokenRules(await storedFiles(driver)).length > 0) lies += 1;
    if (faulty.hit === undefined) return lies;
  }
}

test('the end of the process shows when a tag is set before its manifest is stored', async (t) => {
  const put = (core: CoreParts): Promise<unknown> => core.manifests.put(REPOSITORY, tagged('latest'), MANIFEST);
  t.is(await liesOf(put), 0);
  const tagFirst = async (core: CoreParts): Promise<unknown> => {
    await core.tagStore.set(REPOSITORY, parseTag('latest'), digestOf(MANIFEST.bytes));
    return put(core);
  };
  t.true((await liesOf(tagFirst)) > 0);
});
