import test from 'ava';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { outcomes, scrubbedAnew } from '../../helpers/core/scrub-parts.ts';
import { type CallSite, DriverWrapper } from '../../helpers/drivers/driver-wrapper.ts';
import { BadCable } from './bad-cable.ts';
import { runClient } from './clients.ts';
import { describe } from './describe.ts';
import { Random } from './random.ts';
import { problemsAtRest } from './run-seed.ts';
import { createWorld } from './world.ts';

const SEEDS = 1000;
const MAX_STEPS = 20_000;
const { SCRUB_SIMULATION_SEED } = process.env;

/** A process that is killed before one of its calls. */
class KilledDriver extends DriverWrapper {
  #left: number;

  constructor(inner: StorageDriver, calls: number) {
    super(inner);
    this.#left = calls;
  }

  protected override async around<Result>(_: CallSite, action: () => Promise<Result>): Promise<Result> {
    this.#left -= 1;
    // It never answers.
    return this.#left < 0 ? new Promise<Result>(() => undefined) : action();
  }
}

interface Simulated {
  readonly problems: readonly string[];
  /** What the scrubs found, as far as they came. */
  readonly found: readonly string[];
}

/**
 * Runs clients against two processes while two others scrub over a bad cable, which may be killed at any call. A scrub
 * that follows must leave nothing of what was acknowledged missing.
 */
async function simulate(seed: number): Promise<Simulated> {
  const world = await createWorld(seed);
  const { scheduler, storage } = world;
  const random = new Random(seed + 1_000_000);
  const problems: string[] = [];
  const found: string[] = [];
  let running = 3;
  for (let client = running; client > 0; client -= 1) {
    void runClient(world, false)
      .catch((error: unknown) => void problems.push(`a client got ${describe(error)}`))
      .finally(() => (running -= 1));
  }
  for (const process of [2, 3]) {
    const driver = new BadCable(scheduler.driverOf(process, storage), random);
    const killed = random.chance(0.5) ? new KilledDriver(driver, random.below(120)) : driver;
    void scrubbedAnew(killed)
      .then((scrubbed) => found.push(...outcomes(scrubbed)))
      .catch((error: unknown) => void problems.push(`a scrub got ${describe(error)}`));
  }
  while (problems.length === 0 && scheduler.steps.length < MAX_STEPS && (await scheduler.step()) !== undefined);
  if (running > 0) problems.push(`${running} clients never came to an end`);
  scheduler.release();
  await scrubbedAnew(storage);
  if (problems.length === 0) problems.push(...(await problemsAtRest(world)));
  return { problems, found };
}

if (SCRUB_SIMULATION_SEED === undefined) {
  test(`nothing that was acknowledged is lost to scrubs over a bad cable, which may be killed, in ${SEEDS} seeds`, async (t) => {
    const found = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const simulated = await simulate(seed);
      for (const outcome of simulated.found) found.add(outcome);
      if (simulated.problems.length > 0)
        return t.fail(`SCRUB_SIMULATION_SEED=${seed}\n${simulated.problems.join('\n')}`);
    }
    for (const outcome of ['content-unstable restored', 'content-damaged quarantined'])
      t.true(found.has(outcome), outcome);
  });
} else {
  test(`seed ${SCRUB_SIMULATION_SEED} loses nothing`, async (t) => {
    t.deepEqual((await simulate(Number(SCRUB_SIMULATION_SEED))).problems, []);
  });
}
