import test from 'ava';
import { TRASH } from '../../../core/di.ts';
import { ManifestReader } from '../../../core/registry/local/manifest-reader.ts';
import type { BlobStore } from '../../../core/storage/blob-store.ts';
import { Inventory } from '../../../core/storage/collection/inventory.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { QuarantineStore } from '../../../core/storage/quarantine-store.ts';
import { SignatureStore } from '../../../core/storage/signature-store.ts';
import { TagStore } from '../../../core/storage/tag-store.ts';
import { TrashStore } from '../../../core/storage/trash-store.ts';
import { ManifestReturn } from '../../../core/trash/manifest-return.ts';
import { SweptContent } from '../../../core/trash/swept-content.ts';
import { Undeleter } from '../../../core/trash/undeleter.ts';
import { atLength } from '../../helpers/running/length.ts';
import { formatSteps, runSeed } from './run-seed.ts';
import type { Core, Sabotage } from './world.ts';

const SEEDS = atLength({ full: 10_000, short: 400 });
const SEEDS_A_TEST = 200;
const MAX_SEEDS = 400;
const { OPERATORS_SIMULATION_SEED } = process.env;

/** What undoes deletions and does not link blobs again. */
function forgetfulUndeleter({ container, blobs, trash, manifests: service }: Core): Undeleter {
  if (trash === undefined) throw new Error('there is no trash');
  const others = {
    collections: blobs.collections,
    find: blobs.find.bind(blobs),
    size: blobs.size.bind(blobs),
    link: async () => undefined,
  } as unknown as BlobStore;
  const content = new SweptContent({ store: container.get(TrashStore), blobs: others, paths: new PathMapper() });
  const [reader, signatures] = [container.get(ManifestReader), container.get(SignatureStore)];
  const manifests = new ManifestReturn({ manifests: service, reader, signatures, content });
  const undeleter = new Undeleter({ trash, manifests, content, tags: container.get(TagStore) });
  const undelete = undeleter.undelete.bind(undeleter);
  return Object.assign(undeleter, {
    undelete: (...[name, reference]: Parameters<Undeleter['undelete']>) =>
      undelete(name, reference, { isForced: true }),
  });
}

const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'a garbage collection that does not wait for requests that began before it': { collectsAtOnce: true },
  'an undelete that forgets the blobs': {
    core: (core) => Object.assign(core, { undeleter: forgetfulUndeleter(core) }),
  },
  'a delete that keeps no record of manifests': {
    core: ({ container }) => Object.assign(container.get(TRASH), { recordManifest: async () => undefined }),
  },
  'a removal by rules that relies on an old list of tags': {
    process: (parts) => ({
      ...parts,
      manifests: {
        get: (...given) => parts.manifests.get(...given),
        put: (...given) => parts.manifests.put(...given),
        delete: (name, reference, context) =>
          parts.manifests.delete(name, reference, { ...context, onlyIfSetAtMs: undefined }),
      },
    }),
  },
  'a garbage collection that takes a manifest for absent that a scrub has moved': {
    core: ({ container }) => Object.assign(container.get(Inventory), { isQuarantined: async () => false }),
  },
  'a scrub that throws away what it has moved by mistake': {
    core: ({ container }) => {
      const quarantine = container.get(QuarantineStore);
      Object.assign(quarantine, { putBack: quarantine.discard.bind(quarantine) });
    },
  },
};

function report(seed: number, problems: readonly string[]): string {
  return `OPERATORS_SIMULATION_SEED=${seed} npm run test:simulation\n${problems.join('\n')}`;
}

if (OPERATORS_SIMULATION_SEED === undefined) {
  for (let first = 0; first < SEEDS; first += SEEDS_A_TEST) {
    test.serial(
      `with deletions that are undone, removals by rules and scrubs, seeds ${first} to ${first + SEEDS_A_TEST - 1} lose nothing`,
      async (t) => {
        for (let seed = first; seed < first + SEEDS_A_TEST; seed += 1) {
          const { problems } = await runSeed(seed, {}, { hasOperators: true });
          if (problems.length > 0) {
            t.fail(report(seed, problems));
            return;
          }
        }
        t.pass();
      },
    );
  }
  for (const [what, sabotage] of Object.entries(SABOTAGES)) {
    test.serial(`${what} is found within ${MAX_SEEDS} seeds`, async (t) => {
      for (let seed = 0; seed < MAX_SEEDS; seed += 1) {
        const { problems } = await runSeed(seed, sabotage, { hasOperators: true });
        if (problems.length === 0) continue;
        t.log(`seed ${seed}: ${problems[0]?.split('\n', 1).join('')}`);
        t.pass();
        return;
      }
      t.fail('nothing was found');
    });
  }
} else {
  test(`seed ${OPERATORS_SIMULATION_SEED} loses nothing`, async (t) => {
    const seed = Number(OPERATORS_SIMULATION_SEED);
    const { problems, steps } = await runSeed(seed, {}, { hasOperators: true });
    t.log(formatSteps(steps));
    t.deepEqual(problems, [], report(seed, problems));
  });
}
