import test from 'ava';
import { RepositoryChanger } from '../../../../core/admin/repository-changer.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { name } from '../../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../../helpers/core/core-parts.ts';
import { AT_ONCE, fillRepository, pushImage } from '../../../helpers/core/repository-parts.ts';
import { GatedDriver } from '../../../helpers/drivers/gated-driver.ts';
import { storedFiles } from '../../../helpers/invariants/stored-files.ts';

const APP = name('team/app');
const RENAME = { action: 'rename', name: APP, target: name('other/place') } as const;

async function storedBelow(driver: MemoryDriver): Promise<readonly string[]> {
  return [...(await storedFiles(driver)).keys()].filter((path) => path.includes('/repositories/'));
}

function changerOf({ container }: CoreParts): RepositoryChanger {
  return container.get(RepositoryChanger);
}

for (const [place, isSeen] of [
  ['leaves its sign', false],
  ['records that it begins', true],
] as const) {
  const outcome = isSeen ? 'is refused, and completes' : 'is withdrawn, and changes nothing';
  test(`a rename that is withdrawn while its process ${place} ${outcome}`, async (t) => {
    const driver = new MemoryDriver();
    const gated = new GatedDriver(driver);
    const [worker, core] = [composeCore(gated), composeCore(driver)];
    await fillRepository(core, APP);
    const before = await storedBelow(driver);
    const change = await changerOf(core).announce(RENAME);
    const isHeld = (path: string): boolean => (isSeen ? path.endsWith('/under-way') : path.includes('/worker-'));
    const gate = gated.holdNext(({ call, path }) => call === 'write' && isHeld(path));
    const working = changerOf(worker).complete(change, AT_ONCE);
    await gate.reached;
    const withdrawing = changerOf(core).withdraw(APP);
    if (isSeen)
      await t.throwsAsync(withdrawing, { message: /STATE_CONFLICT.*about to begin the rename to other\/place/ });
    else t.like(await withdrawing, { isWithdrawn: true });
    gate.open();
    if (isSeen) return t.deepEqual(await working, { tags: 4, manifests: 5 });
    await t.throwsAsync(working, { message: /STATE_CONFLICT.*it was withdrawn/ });
    t.deepEqual(await storedBelow(driver), before);
    return t.notThrowsAsync(pushImage(core, APP, { tag: 'new', layer: 'new' }));
  });
}
