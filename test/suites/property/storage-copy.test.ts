import assert from 'node:assert/strict';
import fc from 'fast-check';
import { guardDriver, ROOT_PATH, type StorageDriver } from '../../../core/driver/index.ts';
import { CopyOnReadDriver } from '../../../core/storage-copy/copy-on-read/copy-on-read-driver.ts';
import { SourceStorage } from '../../../core/storage-copy/copy-on-read/source-storage.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { copied, danglingLinks, withoutDangling } from '../../helpers/core/copy-parts.ts';
import { composeCore } from '../../helpers/core/core-parts.ts';
import { emptied, openFilesystem } from '../../helpers/drivers/each-driver.ts';
import { FaultInjector } from '../../helpers/drivers/fault-injector.ts';
import { brokenRules } from '../../helpers/invariants/broken-rules.ts';
import { type StoredFiles, storedFiles } from '../../helpers/invariants/stored-files.ts';
import { anyStorage, fill, type StoragePlan } from './collection/any-storage.ts';
import { holds } from './property.ts';

const TARGETS = [
  { name: 'inmemory', open: async () => new MemoryDriver(), runs: 200 },
  { name: 'filesystem', open: openFilesystem, runs: 25 },
] as const;

async function filled(plan: StoragePlan): Promise<StorageDriver> {
  const source = new MemoryDriver();
  await fill(composeCore(source), plan);
  return source;
}

const sorted = (files: StoredFiles): [string, string][] =>
  [...files].map(([path, bytes]): [string, string] => [path, bytes.toString('latin1')]).sort();

const namesOf = (files: StoredFiles): [string, string][] =>
  sorted(files).filter(([path]) => path.includes('/repositories/'));

async function copiesEverything(plan: StoragePlan, target: StorageDriver): Promise<void> {
  const source = await filled(plan);
  const before = await storedFiles(source);
  await copied({ source, target }, { dryRun: true });
  assert.equal((await storedFiles(target)).size, 0);
  await copied({ source, target });
  assert.deepEqual(sorted(await storedFiles(target)), sorted(withoutDangling(before)));
  assert.deepEqual(sorted(await storedFiles(source)), sorted(before));
  const { report } = await copied({ source, target }, { deletes: namesOf(before).length > 0, verifies: true });
  const { copiedContents, copiedFiles, copiedTags, removedFiles, removedManifests, removedTags } = report;
  assert.equal(copiedContents + copiedFiles + copiedTags + removedFiles + removedManifests + removedTags, 0);
}

async function copiesTheRestAfterAKill(plan: StoragePlan, step: number, target: StorageDriver): Promise<void> {
  const source = await filled(plan);
  const dying = new FaultInjector(target);
  dying.plan({ fault: 'dead', index: step });
  await copied({ source, target: dying }).catch(() => undefined);
  const left = await storedFiles(target);
  assert.deepEqual([...danglingLinks(left), ...brokenRules(left)], []);
  await copied({ source, target });
  assert.deepEqual(sorted(await storedFiles(target)), sorted(withoutDangling(await storedFiles(source))));
}

async function followsTheSource(plans: readonly [StoragePlan, StoragePlan], target: StorageDriver): Promise<void> {
  const [first, second] = plans;
  const source = await filled(first);
  await copied({ source, target });
  const before = new Map(namesOf(await storedFiles(target)));
  await emptied(source);
  await fill(composeCore(source), second);
  const stored = await storedFiles(source);
  const wanted = withoutDangling(stored);
  // A source without any repository is refused.
  if (namesOf(await storedFiles(source)).length === 0) return;
  await copied({ source, target }, { deletes: true });
  const got = await storedFiles(target);
  assert.deepEqual(danglingLinks(got), []);
  const names = new Map(namesOf(got));
  for (const [path, text] of namesOf(wanted)) assert.equal(names.get(path), text, path);
  // While the source has lost the content of a manifest, the target keeps what it has under the tag, or has the tag of
  // the source if the content is left in the target.
  const hasManifest = (path: string): boolean => {
    const [repository = ''] = path.split('/_manifests/');
    return stored.has(`${repository}/_manifests/revisions/${String(stored.get(path)).replace(':', '/')}/link`);
  };
  for (const path of names.keys())
    if (path.endsWith('/current/link') && !wanted.has(path)) {
      assert.equal(hasManifest(path), true, path);
      assert.equal([before.get(path), stored.get(path)?.toString('latin1')].includes(names.get(path)), true, path);
    }
}

/** Clients use the target, which reads what it lacks from the source, while a copy is killed and another one is made. */
async function movesAtOnce(
  plans: readonly [StoragePlan, StoragePlan],
  step: number,
  target: StorageDriver,
): Promise<void> {
  const [first, second] = plans;
  const source = await filled(first);
  const old = withoutDangling(await storedFiles(source));
  const reading = new SourceStorage(guardDriver(source), { landmark: ROOT_PATH, isHidden: () => false });
  const options = { isContent: () => true, onRead: () => undefined };
  const seen = new CopyOnReadDriver(guardDriver(target), reading, options);
  const dying = new FaultInjector(target);
  dying.plan({ fault: 'dead', index: step });
  await copied({ source, target: dying }, { onlyMissing: true }).catch(() => undefined);
  await fill(composeCore(seen), second);
  const pushed = await storedFiles(target);
  const both = await storedFiles(seen);
  for (const [path, bytes] of [...old, ...pushed]) assert.deepEqual(both.get(path), pushed.get(path) ?? bytes, path);
  await copied({ source, target }, { onlyMissing: true });
  // A copy says which repositories have tags without an order, and the next one when that has ended.
  const isContent = (path: string): boolean => !path.includes('/_copy/unordered/');
  const moved = await storedFiles(target);
  for (const path of [...old.keys(), ...pushed.keys()].filter(isContent))
    assert.deepEqual(moved.get(path), both.get(path), path);
  for (const path of [...moved.keys()].filter(isContent)) assert.equal(both.has(path), true, path);
}

for (const { name, open, runs } of TARGETS) {
  holds(
    `a storage that reads what it lacks has it in the end, also after a kill, and keeps what it got [${name}]`,
    runs,
    (t) =>
      fc.asyncProperty(fc.tuple(anyStorage, anyStorage), fc.nat({ max: 120 }), async (plans, step) =>
        movesAtOnce(plans, step, await open(t)),
      ),
  );
  holds(`a copy has every content, link and tag of the source that leads to something [${name}]`, runs, (t) =>
    fc.asyncProperty(anyStorage, async (plan) => copiesEverything(plan, await open(t))),
  );
  holds(
    `a copy that is killed at any step leaves a valid registry, and the next one copies the rest [${name}]`,
    runs,
    (t) =>
      fc.asyncProperty(anyStorage, fc.nat({ max: 120 }), async (plan, step) =>
        copiesTheRestAfterAKill(plan, step, await open(t)),
      ),
  );
  holds(`a copy that may remove leaves the tags of the source alone [${name}]`, runs, (t) =>
    fc.asyncProperty(fc.tuple(anyStorage, anyStorage), async (plans) => followsTheSource(plans, await open(t))),
  );
}
