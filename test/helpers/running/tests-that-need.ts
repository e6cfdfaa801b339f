import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';

/** Declares one test. */
export type DeclareTest = (title: string, implementation: (t: ExecutionContext) => Promise<unknown>) => void;

/** The message for skipped tests, and how the tests run. */
export interface NeedyTests {
  /** Names the tests in the line that says they were skipped: `all 3 tests with skopeo`. */
  readonly describe: (count: number) => string;
  /** Whether each test runs alone among those of its file. Default: `false`. */
  readonly isSerial?: boolean;
}

/** Declares the tests of a file. If a program is missing they are all skipped, and one line says so. */
export function testsThatNeed(needs: readonly string[], { describe, isSerial = false }: NeedyTests): DeclareTest {
  const declare = isSerial ? ava.serial : ava;
  let skipped = 0;
  return (title, implementation) => {
    if (needs.length === 0) {
      declare(title, implementation);
      return;
    }
    ava.skip(title, implementation);
    skipped += 1;
    // By then the file has declared all of its tests.
    if (skipped === 1) queueMicrotask(() => warnOfSkipped(describe(skipped), needs));
  };
}

/** Prints a conspicuous line with what is skipped, and what it needs. */
export function warnOfSkipped(what: string, needs: readonly string[]): void {
  process.stderr.write(`!!! SKIPPED ${what}. To run them: ${needs.join(', and ')}\n`);
}

/**
 * How to get the commands that are not on the PATH; empty if none is missing.
 * @param packages the Debian package of each command
 */
export function missingPackages(packages: Readonly<Record<string, string>>): string[] {
  const missing = Object.keys(packages).filter((command) => findCommand(command) === undefined);
  if (missing.length === 0) return [];
  return [`apt-get install ${[...new Set(missing.map((command) => packages[command]))].join(' ')}`];
}

/** The file of a command, in one of the folders of the PATH or in these; `undefined` if it is in none. */
export function findCommand(name: string, folders = (process.env['PATH'] ?? '').split(delimiter)): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
