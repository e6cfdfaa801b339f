import test from 'ava';
import type { StorageDriver } from '../../../core/driver/index.ts';
import { casesOf } from '../../../testing/all-cases.ts';
import type { DriverCase } from '../../../testing/driver-case.ts';
import { proveCase } from '../../../testing/prove-case.ts';
import { entriesAtLength } from '../../helpers/running/length.ts';
import { remote, SUBTLE_DRIVERS } from './subtle-drivers.ts';

/** Cases that move many megabytes: in none of these drivers does anything depend on that. */
const HEAVY = /megabytes|odd sizes|large chunks|ten readers|more than a thousand|parallel writers/;

const CASES = casesOf().filter(({ title, needs }) => needs === undefined && !HEAVY.test(title));

/** The titles of the cases that fail, and why. */
async function failuresOf(Driver: new () => StorageDriver, cases: readonly DriverCase[] = CASES) {
  const failures = new Map<string, string>();
  const create = async () => {
    const driver = new Driver();
    return { driver, dispose: async () => driver[Symbol.asyncDispose]() };
  };
  for (const driverCase of cases) {
    await proveCase(driverCase, { create }).catch((error: unknown) => failures.set(driverCase.title, String(error)));
  }
  return failures;
}

for (const [what, titles, Driver] of entriesAtLength(SUBTLE_DRIVERS, 14)) {
  test(`a driver that ${what} is found, and only by the case for that`, async (t) => {
    const failures = await failuresOf(Driver);
    t.deepEqual([...failures.keys()], [...titles], [...failures.values()].join('\n'));
  });
}

test('a remote driver that passes its signals on fails no case', async (t) => {
  const Obedient = remote((signal) => signal?.throwIfAborted());
  t.deepEqual([...(await failuresOf(Obedient))], []);
});
