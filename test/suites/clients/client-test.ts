import type { ExecutionContext } from 'ava';
import { type DeclareTest, missingPackages, testsThatNeed } from '../../helpers/running/tests-that-need.ts';
import { storageNeeds } from './storage.ts';

/**
 * Declares the tests of one client, which run one after the other. Where one of its commands is missing they are all
 * skipped, and one line says so.
 * @param packages the Debian package of each command that the tests run
 */
export function testsOf(client: string, packages: Readonly<Record<string, string>>): DeclareTest {
  const isRoot = process.getuid?.() === 0;
  const needs = [...missingPackages(packages), ...(isRoot ? [] : ['run as root']), ...storageNeeds];
  return testsThatNeed(needs, { describe: (count) => `all ${count} tests with ${client}`, isSerial: true });
}

/** A seed for the images of one test, shown with it; `TEST_SEED` repeats a run. */
export function seedOf(t: ExecutionContext): string {
  const seed = process.env['TEST_SEED'] ?? Math.random().toString(36).slice(2);
  t.log(`TEST_SEED=${seed}`);
  return seed;
}
