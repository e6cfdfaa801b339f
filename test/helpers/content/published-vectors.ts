import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DeclareTest, testsThatNeed } from '../running/tests-that-need.ts';

/** Beside the checkout; tests run in the root of the repository. */
const FOLDER = join(process.cwd(), '../shared/vectors');

/** Declares tests of a file that read vectors which others have published. Where they are not at hand, one line says so. */
export function testsWithVectors(): DeclareTest {
  const needs = existsSync(FOLDER) ? [] : ['put the published vectors into ../shared/vectors'];
  return testsThatNeed(needs, { describe: (count) => `${count} tests with published vectors` });
}

/** One of the published files. */
export function vector(path: string): Promise<Buffer> {
  return readFile(join(FOLDER, path));
}
