import { casesOf } from './all-cases.ts';
import type { Group } from './driver-case.ts';
import { proveCase, type StoreSource } from './prove-case.ts';

export interface DriverSuiteOptions extends StoreSource {
  /** Registers one test with the runner of your choice; the test fails when `run` rejects. */
  readonly test: (title: string, run: () => Promise<void>) => unknown;
  /** Default: all but `large`. */
  readonly groups?: readonly Group[] | undefined;
  /** Also run the group `large`: 5 GiB in one file, 128 MiB read by ten readers, and so on. Default false. */
  readonly large?: boolean | undefined;
}

/**
 * Proves that a driver keeps the contract of `StorageDriver`. It works with any test runner; a failed case rejects with
 * an AssertionError that quotes the broken guarantee. A test of a capability that the driver does not claim passes.
 * Without `module`, the tests that need another process pass, too.
 */
export function driverSuite({ test, groups, large = false, ...source }: DriverSuiteOptions): void {
  const cases = [...casesOf(groups), ...(large && groups?.includes('large') !== true ? casesOf(['large']) : [])];
  for (const driverCase of cases) {
    test(`${driverCase.group}: ${driverCase.title}`, async () => void (await proveCase(driverCase, source)));
  }
}
