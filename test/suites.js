/**
 * Every suite of tests, in the order in which CI runs them. `ava.config.js`, the scripts `test:…` of package.json and
 * `.ci/suites.js` read this table. To add a suite, add a line here and run `npm run suites`.
 *
 * - `name`: what the variable SUITE and the script call it.
 * - `folders`: where its files `*.test.ts` are; `test/suites/<name>` unless given. `except`: files that it leaves out, as
 *   patterns of AVA.
 * - `environment`: variables of its tests.
 * - `first`: its longest files, which start first, so that none of them runs alone at the end.
 * - `timeout`, `concurrency`, `serial`, `workerThreads`: as AVA knows them.
 * - `script`: its script in package.json; `test:<name>` unless given. `checked`: the script runs all checks first.
 * - `variant`: its files belong to another suite and run here in another way. `importing`: only those of them that import
 *   this file, directly or through a helper.
 * - `maySkip`: CI accepts skipped tests.
 */

// A process can still end its children when AVA ends it early; a thread cannot.
const processes = { workerThreads: false };
// Its tests measure waiting times, or start a dozen processes each.
const oneFile = { concurrency: 1 };

// What a test asks for its extent. The others are the same at full length.
const LENGTH = 'test/helpers/running/length.ts';

const everyday = {
  folders: ['test/unit', 'test/suites/property', 'test/suites/spec'],
  first: ['server/workers/workers', 'cli/main', 'drivers/filesystem'].map((name) => `test/unit/${name}.test.ts`),
  checked: true,
  maySkip: true,
};
const clients = { folders: ['test/suites/clients'], ...processes, timeout: '10m' };

export const suites = [
  { name: 'everyday', ...everyday, timeout: '2m', script: 'test' },
  {
    name: 'all',
    ...everyday,
    environment: { FULL_LENGTH: '1' },
    timeout: '5m',
    checked: false,
    variant: true,
    importing: LENGTH,
  },
  { name: 'clients', ...clients },
  { name: 'faults', timeout: '5m' },
  { name: 'simulation', timeout: '5m' },
  { name: 'crash', ...processes, timeout: '10m' },
  { name: 'gcs', ...processes, timeout: '5m' },
  { name: 's3', ...processes, timeout: '5m' },
  { name: 'azure', ...processes, timeout: '5m' },
  // Drivers that are installed, and pages, bring a storage of their own; access is the same with each.
  {
    name: 'clients-gcs',
    ...clients,
    environment: { CLIENTS_STORAGE: 'gcs' },
    except: [
      'driver-author.test.ts',
      'installed-driver.test.ts',
      'operations.test.ts',
      'quick-starts.test.ts',
      'scrub.test.ts',
      'access/**',
    ].map((name) => `test/suites/clients/${name}`),
    variant: true,
  },
  { name: 'redis', ...processes, timeout: '3m' },
  { name: 'interop', ...processes, timeout: '5m' },
  { name: 'cluster', ...processes, ...oneFile, timeout: '10m' },
  { name: 'abuse', ...oneFile, serial: true, timeout: '4m' },
];

/** The folders of a suite, relative to the root of the repository. */
export function foldersOf({ name, folders = [`test/suites/${name}`] }) {
  return folders;
}

/** The script of a suite in package.json. */
export function scriptOf({ name, script = `test:${name}` }) {
  return script;
}
