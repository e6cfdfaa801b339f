import type { ExecutionContext } from 'ava';
import { type DeclareTest, missingPackages, testsThatNeed } from '../../../helpers/running/tests-that-need.ts';

/**
 * Declares tests of a cluster, which run one after the other. Where one of its commands is missing they are skipped,
 * and one line says so.
 * @param packages the Debian package of each command that the tests run
 * @param others how to get what else is missing
 */
export function clusterTests(packages: Readonly<Record<string, string>>, others: readonly string[] = []): DeclareTest {
  const needs = [...missingPackages(packages), ...others];
  return testsThatNeed(needs, { describe: (count) => `${count} tests of a cluster`, isSerial: true });
}

/** A number that was given after `--`: `npm run test:cluster -- -- --pushes=500`. */
export function numberArgument(name: string, otherwise: number): number {
  const text = process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3);
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name}= takes a whole number, not "${text}"`);
  return number;
}

/** The seed of a run, shown with it; `-- --seed=<number>` repeats it. */
export function seedOf(t: ExecutionContext): number {
  const seed = numberArgument('seed', Math.floor(Math.random() * 2 ** 31));
  t.log(`--seed=${seed}`);
  return seed;
}
