import test from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseTag } from '../../../core/model/reference.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import { CarelessDriver } from './careless-driver.ts';
import { formatSteps, type Outcome, runSeed } from './run-seed.ts';
import { type Sabotage, TAGS } from './world.ts';

const MAX_SEEDS = 400;

/** They exclude no one. */
const OPEN_LOCKS: Locks = { tryAcquire: async () => ({ [Symbol.asyncDispose]: async () => undefined }) };

const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'a tag that is set before its manifest is stored': {
    process: (parts) => ({
      ...parts,
      manifests: {
        get: (...given) => parts.manifests.get(...given),
        delete: (...given) => parts.manifests.delete(...given),
        put: async (repository, reference, manifest) => {
          for (const tag of manifest.tags ?? []) await parts.tagStore.set(repository, tag, digestOf(manifest.bytes));
          return parts.manifests.put(repository, reference, manifest);
        },
      },
    }),
  },
  'a manifest that is acknowledged and never tagged': {
    process: (parts) => ({
      ...parts,
      manifests: {
        get: (...given) => parts.manifests.get(...given),
        delete: (...given) => parts.manifests.delete(...given),
        put: (repository, reference, { bytes, contentType }) =>
          parts.manifests.put(repository, reference, { bytes, contentType }),
      },
    }),
  },
  'a tag that comes back after its manifest was deleted': {
    process: (parts) => ({
      ...parts,
      manifests: {
        get: (...given) => parts.manifests.get(...given),
        put: (...given) => parts.manifests.put(...given),
        delete: async (repository, reference) => {
          await parts.manifests.delete(repository, reference);
          if (reference.kind === 'digest') await parts.tagStore.set(repository, parseTag(TAGS[0]), reference.digest);
        },
      },
    }),
  },
  'a storage that lets everybody write whom the locks let in': {
    locks: OPEN_LOCKS,
    storage: () => new CarelessDriver(),
  },
};

async function firstFailure(sabotage: Sabotage): Promise<Outcome | undefined> {
  for (let seed = 0; seed < MAX_SEEDS; seed += 1) {
    const outcome = await runSeed(seed, sabotage);
    if (outcome.problems.length > 0) return outcome;
  }
  return undefined;
}

for (const [what, sabotage] of Object.entries(SABOTAGES)) {
  test.serial(`${what} is found within ${MAX_SEEDS} seeds, and its seed replays exactly`, async (t) => {
    const found = await firstFailure(sabotage);
    if (found === undefined) return t.fail('nothing was found');
    t.log(`seed ${found.seed}: ${found.problems[0]?.split('\n', 1).join('')}`);
    const again = await runSeed(found.seed, sabotage);
    t.is(formatSteps(again.steps), formatSteps(found.steps));
    t.is(again.problems.length, found.problems.length);
  });
}

test('locks that exclude no one break no rule, because the storage decides', async (t) => {
  const failure = await firstFailure({ locks: OPEN_LOCKS });
  t.deepEqual(failure?.problems ?? [], [], `seed ${failure?.seed}`);
});

test('a seed without sabotage replays exactly as well', async (t) => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const [first, second] = [await runSeed(seed), await runSeed(seed)];
    t.is(formatSteps(first.steps), formatSteps(second.steps));
    t.not(formatSteps(first.steps), formatSteps((await runSeed(seed + 100)).steps));
  }
});
