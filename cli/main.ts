import cluster from 'node:cluster';
import { readFile } from 'node:fs/promises';
import type { RebuiltReferrers } from '../core/registry/local/referrer-service.ts';
import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { checkStart, tellingAll, withOtherProblems } from '../server/composition/start-problems.ts';
import {
  ConfigurationError,
  describeConfiguration,
  formatProblem,
  type LoadedConfiguration,
  loadConfiguration,
} from '../server/config/index.ts';
import { sizeThreadPool } from '../server/lifecycle/thread-pool.ts';
import { watchConfiguration } from '../server/lifecycle/watch-configuration.ts';
import { rebuildReferrers, startRegistry } from '../server/main.ts';
import { startWorkers, WorkerStartError } from '../server/workers/primary.ts';
import { runWorker } from '../server/workers/worker.ts';
import { allWritten, outliveReaders } from './all-written.ts';
import { type CheckConfigCommand, type ConfiguredCommand, chooseFile } from './choose-file.ts';
import { parseCommandLine, USAGE } from './command-line.ts';
import { endOnSignal, runUntilSignal } from './run-until-signal.ts';
import { UsageError } from './usage-error.ts';

async function run(args: readonly string[]): Promise<void> {
  const command = parseCommandLine(args, process.env);
  switch (command.kind) {
    case 'help':
      writeOut(USAGE);
      return;
    case 'version':
      writeOut(`${await version()}\n`);
      return;
    case 'check-config':
      await checkConfiguration(command);
      return;
    case 'rebuild-referrers':
      await rebuildReferrers(
        await loadConfiguration({ path: await chooseFile(command, { say: complain }), env: process.env }),
        printRebuilt,
      );
      return;
    case 'driver-test': {
      const { testDriver } = await import('./commands/driver-test.ts');
      if (!(await testDriver(command, { version: await version(), print: writeOut }))) process.exitCode = 1;
      return;
    }
    case 'init': {
      const { init } = await import('./commands/init.ts');
      writeOut(await init(command));
      return;
    }
    case 'driver-new': {
      const { newDriver } = await import('./commands/driver-new.ts');
      writeOut(await newDriver(command, await version()));
      return;
    }
    case 'serve':
      await serve(command);
      return;
  }
}

async function serve(command: ConfiguredCommand): Promise<void> {
  if (cluster.isWorker) {
    await runWorker(process.env);
    return;
  }
  // Until the registry runs, there is nothing that could be reloaded.
  process.on('SIGHUP', () => undefined);
  const starting = endOnSignal();
  const loaded = await loadConfiguration({ path: await chooseFile(command, { say: complain }), env: process.env });
  const start = loaded.configuration.http.workers > 1 ? startWorkers : startRegistry;
  const registry = await tellingAll(start(loaded), loaded);
  await using _ = watchConfiguration(loaded, { registry, env: process.env });
  const ended = runUntilSignal(registry);
  starting[Symbol.dispose]();
  // Whoever has read it may send signals.
  process.stdout.write(registry.message);
  await ended;
}

async function checkConfiguration(command: CheckConfigCommand): Promise<void> {
  const loaded = await loadConfiguration({ path: await chooseFile(command, { say: complain }), env: process.env });
  for (const warning of loaded.warnings) complain(`warning: ${warning}`);
  for (const key of loaded.notYetInEffect) complain(`warning: ${key}: has no effect in this version`);
  const { problems, isPublicOption } = await checkStart(loaded);
  for (const problem of problems) report(problem);
  const others = command.connect ? await findConnectionProblems(loaded, problems) : [];
  for (const problem of others) report(problem);
  if (problems.length > 0) process.exitCode = 2;
  else if (others.length > 0) process.exitCode = 1;
  else process.stdout.write(describeConfiguration(loaded, isPublicOption));
}

/** What comes to light only when everything is opened. */
async function findConnectionProblems(loaded: LoadedConfiguration, known: readonly unknown[]): Promise<unknown[]> {
  const { connect } = await import('./commands/connect.ts');
  const told = new Set(known.map(String));
  const found = await connect(loaded, { warn: (message) => complain(`warning: ${message}`) });
  return found.filter((problem) => !told.has(String(problem)));
}

function printRebuilt(name: string, { entries, unreadable }: RebuiltReferrers): void {
  if (entries > 0) process.stdout.write(`${name}: ${entries} referrers\n`);
  if (unreadable > 0) complain(`warning: ${name}: ${unreadable} manifests are not what their digest says`);
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

/** Says what went wrong, problem by problem, and gives the exit code. */
function report(error: unknown): number {
  if (error instanceof ConfigurationError) {
    for (const problem of error.problems) complain(formatProblem(problem));
    return 2;
  }
  if (error instanceof UsageError) {
    complain(`stowage: ${error.message}; see stowage --help`);
    return 2;
  }
  if (error instanceof PluginLoadError) {
    complain(error.message);
    return 2;
  }
  if (error instanceof AggregateError) return Math.max(...error.errors.map(report));
  const message = error instanceof Error ? error.message : String(error);
  complain(`stowage: ${message.replaceAll(/(?<!\s)\s*\n\s*/g, ' ')}`);
  return error instanceof WorkerStartError ? error.exitCode : 1;
}

function writeOut(text: string): void {
  process.stdout.write(text);
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

sizeThreadPool(process.env);
outliveReaders(process.stdout, process.stderr);
try {
  await run(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(await withOtherProblems(error));
}
await allWritten(process.stdout, process.stderr);
// What a plugin has left behind, or the line of a worker to its primary process, must not keep an ended one alive.
process.exit();
