import { writeFile } from 'node:fs/promises';
import { DRIVER_CONTRACT, type DriverCapabilities } from '../../core/driver/index.ts';
import { proveDriver } from '../../testing/index.ts';
import { withinLimit } from '../../testing/time-limits.ts';
import type { ExitCode, Program } from '../command.ts';
import { casesNamed, groupsNamed, readOptions, requireWritable } from './test-options.ts';
import { JsonOutput, TextOutput } from './test-output.ts';
import { TestStores } from './test-stores.ts';
import { countsOf } from './test-summary.ts';

/** `stowage driver test`: proves a storage driver with the test kit. */
export interface DriverTestRequest {
  readonly kind: 'driver-test';
  /** A built-in name, a package, or a path, as under `storage:` in the configuration. */
  readonly spec: string;
  /** JSON, or the path of a file of JSON or YAML; none when `undefined`. */
  readonly options: string | undefined;
  /** Names of groups, not validated yet. */
  readonly groups: readonly string[] | undefined;
  /** Parts of the titles of cases; all when `undefined`. */
  readonly cases: readonly string[] | undefined;
  readonly large: boolean;
  /** Whether to stop at the first failure. */
  readonly bail: boolean;
  readonly json: boolean;
  /** Where to write the report. */
  readonly report: string | undefined;
}

/** How many cases run at the same time if each has its own store. */
const CONCURRENCY = 4;
const DISPOSAL_LIMIT_MS = 30_000;

/**
 * Runs the test kit on a driver, prints each result as soon as its case has ended, and writes the report.
 * @returns 1 when a case has failed
 * @throws UsageError for unknown groups and cases, invalid options, a report that cannot be written, and a store that is not
 * empty
 * @throws PluginLoadError when there is no such driver
 */
export async function run(command: DriverTestRequest, program: Program): Promise<ExitCode> {
  const { spec, report: file, bail, cases } = command;
  const groups = groupsNamed(command.groups, command);
  const planned = casesNamed(cases, groups).length;
  const options = await readOptions(command.options);
  const baseFolder = process.cwd();
  if (file !== undefined) await requireWritable(file);
  const stores = new TestStores({ spec, options }, baseFolder);
  const { name, capabilities } = await lookAt(stores);
  const startedAt = new Date();
  const output = command.json ? new JsonOutput(program) : new TextOutput(program);
  output.begin({ name }, DRIVER_CONTRACT);
  const results = await proveDriver({
    groups,
    cases,
    bail,
    create: () => stores.create(),
    module: new URL('named-driver.js', import.meta.url).href,
    baseFolder,
    concurrency: stores.areSeparate ? CONCURRENCY : 1,
    onResult: (result) => output.show(result),
  });
  const counts = countsOf(results);
  const versions = { stowage: await program.version(), node: process.versions.node, contract: DRIVER_CONTRACT };
  const report = { versions, driver: { spec, name, capabilities }, startedAt, groups, counts, results };
  output.end(report, planned - results.length);
  if (file !== undefined) await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  return counts.failed > 0 ? 1 : 0;
}

/** Fails early if no case could start. */
async function lookAt(stores: TestStores): Promise<{ name: string; capabilities: DriverCapabilities }> {
  const { driver, dispose } = await stores.create();
  const { name, capabilities } = driver;
  await withinLimit(dispose(), DISPOSAL_LIMIT_MS, 'the disposal of the driver');
  return { name, capabilities };
}
