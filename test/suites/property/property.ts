import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { runsAtLength } from '../../helpers/running/length.ts';
import { seed } from './seed.ts';

/** PROPERTY_RUNS: the minimum number of tries of each property. */
const minimumRuns = Number(process.env['PROPERTY_RUNS'] ?? 0);

/** How a failure is replayed: its message names the seed, and the path of the shrunk case. */
const replay = {
  seed,
  ...(process.env['PROPERTY_PATH'] !== undefined && { path: process.env['PROPERTY_PATH'] }),
};

/** What holds a resource of the test that declares the property. */
export type PropertyOf<Values> = (t: ExecutionContext) => fc.IRawProperty<Values> | Promise<fc.IRawProperty<Values>>;

/**
 * Declares a test of something that holds for all generated input. The property fails by throwing (node:assert),
 * because an assertion of AVA would make the test fail before the case is shrunk.
 * @param numRuns how often it is tried at full length
 */
export function holds<Values>(title: string, numRuns: number, property: PropertyOf<Values>): void {
  test(title, async (t) => {
    t.timeout(60 * 60_000);
    const made = await property(t);
    await t.notThrowsAsync(async () =>
      fc.assert(made, { numRuns: Math.max(runsAtLength(numRuns), minimumRuns), ...replay, includeErrorInReport: true }),
    );
  });
}
