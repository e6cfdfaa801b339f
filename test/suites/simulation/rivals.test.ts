import test from 'ava';
import { atLength } from '../../helpers/running/length.ts';
import { formatSteps, runSeed } from './run-seed.ts';
import type { Sabotage } from './world.ts';

const SEEDS = atLength({ full: 10_000, short: 500 });
const SEEDS_A_TEST = 500;
const MAX_SEEDS = 1000;
const RIVALS = { hasRivals: true };
const { RIVALS_SIMULATION_SEED } = process.env;

const SABOTAGES: Readonly<Record<string, Sabotage>> = {
  'a garbage collection that does not look for others before it removes content': {
    core: ({ collections }) => {
      const ids = collections.ids.bind(collections);
      let looks = 0;
      // At its start and as it begins, two each, it looks.
      Object.assign(collections, { ids: async () => ((looks += 1) > 4 ? [] : ids()) });
    },
  },
  'a garbage collection that leaves no trace when it puts back what it took after its end': {
    core: ({ collections }) => Object.assign(collections, { markReturned: async () => undefined }),
  },
};

function report(seed: number, problems: readonly string[]): string {
  return `RIVALS_SIMULATION_SEED=${seed} npm run test:simulation\n${problems.join('\n')}`;
}

if (RIVALS_SIMULATION_SEED === undefined) {
  for (let first = 0; first < SEEDS; first += SEEDS_A_TEST) {
    test.serial(
      `with garbage collections that end each other and pause, seeds ${first} to ${first + SEEDS_A_TEST - 1} lose nothing`,
      async (t) => {
        for (let seed = first; seed < first + SEEDS_A_TEST; seed += 1) {
          const { problems } = await runSeed(seed, {}, RIVALS);
          if (problems.length > 0) return t.fail(report(seed, problems));
        }
        t.pass();
      },
    );
  }
  for (const [what, sabotage] of Object.entries(SABOTAGES)) {
    test.serial(`${what} is found within ${MAX_SEEDS} seeds, and its seed replays exactly`, async (t) => {
      for (let seed = 0; seed < MAX_SEEDS; seed += 1) {
        const { problems, steps } = await runSeed(seed, sabotage, RIVALS);
        if (problems.length === 0) continue;
        t.log(`seed ${seed}: ${problems[0]?.split('\n', 1).join('')}`);
        t.is(formatSteps((await runSeed(seed, sabotage, RIVALS)).steps), formatSteps(steps));
        return;
      }
      t.fail('nothing was found');
    });
  }
} else {
  test(`seed ${RIVALS_SIMULATION_SEED} loses nothing`, async (t) => {
    const seed = Number(RIVALS_SIMULATION_SEED);
    const { problems, steps } = await runSeed(seed, {}, RIVALS);
    t.log(formatSteps(steps));
    t.deepEqual(problems, [], report(seed, problems));
  });
}
