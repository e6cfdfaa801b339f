import test from 'ava';
import { type Digest, digestOf } from '../../../core/digest/digest.ts';
import { parseTag } from '../../../core/model/reference.ts';
import type { Locks } from '../../../core/ports/locks.ts';
import { CarelessDriver } from './careless-driver.ts';
import { lookOneByOne } from './collections.ts';
import { formatSteps, type Outcome, runSeed } from './run-seed.ts';
import { type Sabotage, TAGS } from './world.ts';

/** The rarest faults show in about one seed of a hundred. */
const MAX_SEEDS = 1000;

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
  'a process that does not keep what it relies on': {
    core: ({ blobs: { collections } }) => Object.assign(collections, { keep: () => undefined }),
  },
  'a garbage collection that looks for marks before it takes anything from its place, and not afterwards': {
    core: ({ collections }) => {
      lookOneByOne(collections);
      const isKept = collections.isKept.bind(collections);
      const answers = new Map<string, Promise<boolean>>();
      const isKeptAtFirst = (id: string, digest: Digest): Promise<boolean> => {
        const answer = answers.get(digest) ?? isKept(id, digest);
        answers.set(digest, answer);
        return answer;
      };
      Object.assign(collections, { isKept: isKeptAtFirst });
    },
  },
  'a garbage collection that does not wait for requests that began before it': { collectsAtOnce: true },
  'a garbage collection that does not put back what a request has kept': {
    core: ({ collections }) => {
      lookOneByOne(collections);
      Object.assign(collections, { putBack: async () => true });
    },
    forgetsAsides: true,
  },
  'a storage in which what a killed garbage collection has set aside stays there': {
    // The first look for a mark only saves work; without it, more is set aside.
    core: ({ collections }) => {
      lookOneByOne(collections);
      const isKept = collections.isKept.bind(collections);
      const asked = new Set<string>();
      const isKeptAfterwards = async (id: string, digest: Digest): Promise<boolean> => {
        if (asked.has(digest)) return isKept(id, digest);
        asked.add(digest);
        return false;
      };
      Object.assign(collections, { isKept: isKeptAfterwards });
    },
    forgetsAsides: true,
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
