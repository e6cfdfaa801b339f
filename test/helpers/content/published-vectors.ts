import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeclareTest, testsThatNeed } from '../running/tests-that-need.ts';

/** The folder next to the checkout; tests run in the root of the repository. */
const FOLDER = join(process.cwd(), '../shared/vectors');

/** Declares tests of a file that read published vectors. Without the vectors they are skipped, and one line says so. */
export function testsWithVectors(): DeclareTest {
  const needs = existsSync(FOLDER) ? [] : ['put the published vectors into ../shared/vectors'];
  return testsThatNeed(needs, { describe: (count) => `${count} tests with published vectors` });
}

/** One of the published files. */
export function vector(path: string): Promise<Buffer> {
  return readFile(join(FOLDER, path));
}
