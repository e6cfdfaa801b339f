import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Digest } from '../../../core/digest/digest.ts';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { UntaggedStore } from '../../../core/storage/collection/untagged-store.ts';
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

const DAY = 24 * 60 * 60 * 1000;

/** Of all manifests that have no tag, those whose place in the list `expired` says so have had none for long enough. */
async function collectsAfterTheirTime(plan: StoragePlan, expired: readonly boolean[]): Promise<void> {
  const driver = new MemoryDriver();
  const core = composeCore(new OldFiles(driver));
  await fill(core, plan);
  const before = await storedFiles(driver);
  const store = core.container.get(UntaggedStore);
  const untagged = { store, afterMs: () => DAY };
  await collectGarbage(core, { untagged, dryRun: true });
  assert.deepEqual([...(await storedFiles(driver)).keys()], [...before.keys()]);
  // The first one only records them.
  assert.equal((await collectGarbage(core, { untagged })).removedManifests, 0);
  const over = new Set<string>();
  let index = 0;
  const names = [];
  for await (const name of store.repositories()) names.push(name);
  for (const name of names) {
    const times = new Map<Digest, number>();
    for (const [digest, ms] of await store.read(name)) {
      const isOver = expired[index++ % expired.length] === true;
      times.set(digest, isOver ? ms - 8 * DAY : ms);
      if (isOver) over.add(`${name}@${digest}`);
    }
    await store.write(name, times);
  }
  const stored = await storedFiles(driver);
  const isOwn = (path: string): boolean => path.includes('/_jobs/');
  await collectGarbage(core, { untagged });
  const after = [...(await storedFiles(driver)).keys()].filter((path) => !isOwn(path)).sort();
  const isKept = (repository: string, digest: Digest): boolean => !over.has(`${repository}@${digest}`);
  const content = new Map([...stored].filter(([path]) => !isOwn(path)));
  assert.deepEqual(after, whatStays(content, { deletesUntagged: true, isKept }));
}

holds('manifests without a tag go when their time is over, unless others need them', 1000, () =>
  fc.asyncProperty(anyStorage, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), collectsAfterTheirTime),
);
