import { type DeclareTest, missingPackages, testsThatNeed } from '../running/tests-that-need.ts';

/** The Debian package of each program. */
const PACKAGES = {
  'redis-server': 'redis-server',
  'redis-cli': 'redis-tools',
  openssl: 'openssl',
} as const;

/**
 * Declares tests that need Redis. If one of the programs is missing, they are all skipped, and one line says so.
 * @param what the subject of the tests, for that line
 */
export function testsWithRedis(what: string, ...others: (keyof typeof PACKAGES)[]): DeclareTest {
  const programs = (['redis-server', ...others] as const).map((program) => [program, PACKAGES[program]] as const);
  return testsThatNeed(missingPackages(Object.fromEntries(programs)), {
    describe: (count) => `all ${count} tests of ${what} with Redis`,
  });
}
