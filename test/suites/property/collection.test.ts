import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { collectGarbage } from '../../helpers/core/collect-garbage.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { OldFiles } from '../../helpers/drivers/old-files.ts';
import { storedFiles } from '../../helpers/invariants/stored-files.ts';
import { anyStorage, fill, type StoragePlan } from './collection/any-storage.ts';
import { whatStays } from './collection/what-stays.ts';
import { holds } from './property.ts';

const DRIVERS = [
  { name: 'inmemory', open: async () => new MemoryDriver(), runs: 1500 },
  { name: 'filesystem', open: openFilesystem, runs: 60 },
] as const;

async function collectsWhatNothingNeeds(plan: StoragePlan, driver: StorageDriver): Promise<void> {
  const core = composeCore(new OldFiles(driver));
  await fill(core, plan);
  const before = await storedFiles(driver);
  const { deletesUntagged } = plan;
  const dry = await collectGarbage(core, { deletesUntagged, dryRun: true });
  assert.deepEqual([...(await storedFiles(driver)).keys()], [...before.keys()]);
  const report = await collectGarbage(core, { deletesUntagged });
  const after = [...(await storedFiles(driver)).keys()].sort();
  assert.deepEqual(after, whatStays(before, { deletesUntagged }));
  if (!deletesUntagged) assert.equal(report.removedContents, dry.removedContents);
  assert.equal(report.freedBytes >= dry.freedBytes, true);
  const again = await collectGarbage(core, { deletesUntagged });
  assert.equal(again.removedContents + again.removedLinks + again.removedManifests, 0);
}

for (const { name, open, runs } of DRIVERS) {
  holds(`a collection leaves exactly what is needed, as a naive search finds it [${name}]`, runs, (t) =>
    fc.asyncProperty(anyStorage, async (plan) => collectsWhatNothingNeeds(plan, await open(t))),
  );
}
