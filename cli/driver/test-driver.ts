import { open, readFile, writeFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { DRIVER_CONTRACT, type DriverCapabilities } from '../../core/driver/index.ts';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { GROUPS, type Group, type ProvedCase, proveDriver } from '../../testing/index.ts';
import type { ExitCode, Program } from '../command.ts';
import { UsageError } from '../usage-error.ts';
import { TestStores } from './test-stores.ts';

/** `stowage driver test`: proves a storage driver with the test kit. */
export interface DriverTestRequest {
  readonly kind: 'driver-test';
  /** A built-in name, a package, or a path, as under `storage:` in the configuration. */
  readonly spec: string;
  /** JSON, or the path of a file of JSON or YAML; none when `undefined`. */
  readonly options: string | undefined;
  /** Names of groups; not yet compared with those that there are. */
  readonly groups: readonly string[] | undefined;
  readonly large: boolean;
  /** Where to write the report. */
  readonly report: string | undefined;
}

/** How many cases run at the same time where each has a store of its own. */
const CONCURRENCY = 4;

/**
 * Runs the test kit on a driver, prints a table, and writes the report.
 * @returns 1 when a case has failed
 * @throws UsageError for groups and options that mean nothing, a report that cannot be written, and a store that is not
 * empty
 * @throws PluginLoadError when there is no such driver
 */
export async function run(command: DriverTestRequest, { version, print }: Program): Promise<ExitCode> {
  const { spec, report } = command;
  const groups = groupsOf(command);
  const options = await readOptions(command.options);
  const baseFolder = process.cwd();
  if (report !== undefined) await requireWritable(report);
  const stores = new TestStores({ spec, options }, baseFolder);
  const { name, capabilities } = await lookAt(stores);
  const startedAt = new Date();
  print(`Storage driver ${name}, contract ${DRIVER_CONTRACT}\n\n${row('GROUP', 'RESULT', 'MS')}CASE\n`);
  const results = await proveDriver({
    groups,
    create: () => stores.create(),
    module: new URL('named-driver.js', import.meta.url).href,
    baseFolder,
    concurrency: stores.areSeparate ? CONCURRENCY : 1,
    onResult: ({ group, outcome, durationMs, title }) => print(`${row(group, outcome, String(durationMs))}${title}\n`),
  });
  const counts = countsOf(results);
  print(`${failures(results)}\n${counts.ok} ok, ${counts.failed} failed, ${counts['not demanded']} not demanded\n`);
  if (report !== undefined) {
    const versions = { stowage: await version(), node: process.versions.node, contract: DRIVER_CONTRACT };
    const driver = { spec, name, capabilities };
    await writeFile(report, `${JSON.stringify({ versions, driver, startedAt, groups, counts, results }, null, 2)}\n`);
  }
  return counts.failed > 0 ? 1 : 0;
}

/** Fails early when no case could begin. */
async function lookAt(stores: TestStores): Promise<{ name: string; capabilities: DriverCapabilities }> {
  const { driver, dispose } = await stores.create();
  const { name, capabilities } = driver;
  await dispose();
  return { name, capabilities };
}

/** Checks it before the cases run, and not afterwards. */
async function requireWritable(report: string): Promise<void> {
  try {
    const file = await open(report, 'a');
    await file.close();
  } catch (error) {
    throw new UsageError(`--report names a file that cannot be written: ${errorMessage(error)}`);
  }
}

function groupsOf({ groups, large }: DriverTestRequest): readonly Group[] {
  const wanted = groups?.map(groupOf) ?? GROUPS.filter((group) => group !== 'large');
  return GROUPS.filter((group) => wanted.includes(group) || (large && group === 'large'));
}

function groupOf(name: string): Group {
  const found = GROUPS.find((group) => group === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `unknown group ${JSON.stringify(name)}${didYouMean(name, GROUPS)} (there are ${GROUPS.join(', ')})`,
  );
}

async function readOptions(text: string | undefined): Promise<unknown> {
  if (text === undefined) return {};
  const isFile = !text.trimStart().startsWith('{');
  const source = isFile ? await readFile(text, 'utf8').catch((error: unknown) => refuse(text, error)) : text;
  try {
    // JSON is YAML, too.
    return parse(source) ?? {};
  } catch (error) {
    return refuse(isFile ? text : 'the text', error);
  }
}

function refuse(what: string, error: unknown): never {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  throw new UsageError(`--options takes JSON, or a file of JSON or YAML; ${what} is neither: ${reason}`);
}

function countsOf(results: readonly ProvedCase[]): Record<ProvedCase['outcome'], number> {
  const count = (wanted: ProvedCase['outcome']): number => results.filter(({ outcome }) => outcome === wanted).length;
  return { ok: count('ok'), failed: count('failed'), 'not demanded': count('not demanded') };
}

function row(group: string, outcome: string, durationMs: string): string {
  return `${group.padEnd(12)} ${outcome.padEnd(12)} ${durationMs.padStart(7)}  `;
}

function failures(results: readonly ProvedCase[]): string {
  return results
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ group, title, message = '' }) => `\n${group}: ${title}\n  ${message.replaceAll('\n', '\n  ')}\n`)
    .join('');
}
