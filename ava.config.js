import { relative, resolve } from 'node:path';
import { filesThatImport } from './test/files-that-import.js';
import { foldersOf, suites } from './test/suites.js';

/** Where Node keeps compiled code, so that each test file need not compile again what another one has loaded. */
const NODE_COMPILE_CACHE = resolve('node_modules/.cache/node');

/** The suite that SUITE names, or that has the files on the command line; otherwise the one of `npm test`. */
function chosenSuite() {
  const name = process.env.SUITE;
  if (name !== undefined) {
    const named = suites.find((suite) => suite.name === name);
    if (named === undefined) throw new Error(`SUITE=${name} is not in test/suites.js`);
    return named;
  }
  const ends = process.argv.indexOf('--');
  const words = process.argv.slice(2, ends < 0 ? undefined : ends).map((word) => relative('.', resolve(word)));
  const chosen = suites.filter(
    (suite) =>
      !suite.variant && words.some((word) => foldersOf(suite).some((folder) => `${word}/`.startsWith(`${folder}/`))),
  );
  if (chosen.length > 1)
    throw new Error(`name the files of one suite; these are of ${chosen.map((suite) => suite.name).join(' and ')}`);
  return chosen[0] ?? suites[0];
}

const {
  timeout,
  concurrency,
  serial,
  workerThreads,
  environment = {},
  first = [],
  except = [],
  importing,
  ...suite
} = chosenSuite();

/** The files of a suite, as patterns of AVA. */
function patterns() {
  if (importing !== undefined) return filesThatImport(importing, foldersOf(suite));
  return [...foldersOf(suite).map((folder) => `${folder}/**/*.test.ts`), ...except.map((file) => `!${file}`)];
}

const isFirst = (file) => first.includes(relative('.', file));

export default {
  files: patterns(),
  extensions: ['ts'],
  require: ['./test/compiled.js'],
  environmentVariables: { NODE_COMPILE_CACHE, ...environment },
  sortTestFiles: (one, other) => isFirst(other) - isFirst(one),
  timeout,
  ...(concurrency !== undefined && { concurrency }),
  ...(serial !== undefined && { serial }),
  ...(workerThreads !== undefined && { workerThreads }),
};
