import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';

/** Declares one test; it runs alone among those of its file. */
type ClusterTest = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void;

/**
 * Declares tests of a cluster. Where one of its commands is missing they are skipped, and one line says so.
 * @param packages the Debian package of each command that the tests run
 * @param others how to get what else is missing
 */
export function clusterTests(packages: Readonly<Record<string, string>>, others: readonly string[] = []): ClusterTest {
  const missing = Object.keys(packages).filter((command) => !isInstalled(command));
  const needs = [...missing.map((command) => `apt-get install ${packages[command]}`), ...others];
  let skipped = 0;
  return (title, implementation) => {
    if (needs.length === 0) {
      ava.serial(title, implementation);
      return;
    }
    ava.skip(title, implementation);
    skipped += 1;
    // By then the file has declared all of its tests.
    if (skipped === 1)
      queueMicrotask(() => warn(`${skipped} tests of a cluster. To run them: ${needs.join(', and ')}`));
  };
}

/** Writes a line that nobody overlooks. */
export function warn(what: string): void {
  process.stderr.write(`!!! SKIPPED ${what}\n`);
}

export function isInstalled(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A number that was given behind `--`: `npm run test:cluster -- -- --pushes=500`. */
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
