import test from 'ava';
import { atLength } from '../../helpers/running/length.ts';
import { formatSteps, runSeed } from './run-seed.ts';
import { WAYS } from './world.ts';

const SEEDS = atLength({ full: 10_000, short: 3000 });
const SEEDS_A_TEST = 500;
const { SIMULATION_SEED } = process.env;

function report(seed: number, problems: readonly string[]): string {
  return `SIMULATION_SEED=${seed} npm run test:simulation\n${problems.join('\n')}`;
}

if (SIMULATION_SEED === undefined) {
  for (let first = 0; first < SEEDS; first += SEEDS_A_TEST) {
    test.serial(`seeds ${first} to ${first + SEEDS_A_TEST - 1} break no rule and lose nothing`, async (t) => {
      let steps = 0;
      const ways = new Set<string>();
      for (let seed = first; seed < first + SEEDS_A_TEST; seed += 1) {
        const outcome = await runSeed(seed);
        steps += outcome.steps.length;
        for (const way of outcome.ways) ways.add(way);
        if (outcome.problems.length > 0) return t.fail(report(seed, outcome.problems));
      }
      t.true(steps > 10 * SEEDS_A_TEST, `only ${steps} storage calls`);
      t.deepEqual([...ways].sort(), [...WAYS].sort());
    });
  }
} else {
  test(`seed ${SIMULATION_SEED} breaks no rule and loses nothing`, async (t) => {
    const seed = Number(SIMULATION_SEED);
    if (!Number.isSafeInteger(seed)) return t.fail(`SIMULATION_SEED must be a whole number, not ${SIMULATION_SEED}`);
    const { problems, steps } = await runSeed(seed);
    t.log(formatSteps(steps));
    t.deepEqual(problems, [], report(seed, problems));
  });
}
