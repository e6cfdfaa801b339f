import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import ava, { type ExecutionContext } from 'ava';
import { storageNeeds } from './storage.ts';

/** Declares one test; it runs alone among those of its file. */
export type ClientTest = (title: string, implementation: (t: ExecutionContext) => Promise<void>) => void;

/**
 * Declares the tests of one client. Where one of its commands is missing they are all skipped, and one line says so.
 * @param packages the Debian package of each command that the tests run
 */
export function testsOf(client: string, packages: Readonly<Record<string, string>>): ClientTest {
  const missing = Object.keys(packages).filter((command) => !isOnPath(command));
  const needs = [
    ...(missing.length === 0
      ? []
      : [`apt-get install ${[...new Set(missing.map((command) => packages[command]))].join(' ')}`]),
    ...(process.getuid?.() === 0 ? [] : ['run as root']),
    ...storageNeeds,
  ];
  let skipped = 0;
  return (title, implementation) => {
    if (needs.length === 0) {
      ava.serial(title, implementation);
      return;
    }
    ava.skip(title, implementation);
    skipped += 1;
    // By then the file has declared all of its tests.
    if (skipped === 1) queueMicrotask(() => warn(client, skipped, needs));
  };
}

function warn(client: string, skipped: number, needs: readonly string[]): void {
  process.stderr.write(`!!! SKIPPED all ${skipped} tests with ${client}. To run them: ${needs.join(', and ')}\n`);
}

function isOnPath(command: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** A seed for the images of one test, shown with it; `TEST_SEED` repeats a run. */
export function seedOf(t: ExecutionContext): string {
  const seed = process.env['TEST_SEED'] ?? Math.random().toString(36).slice(2);
  t.log(`TEST_SEED=${seed}`);
  return seed;
}
