import { readFile } from 'node:fs/promises';
import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { ConfigurationError, formatProblem } from '../server/config/index.ts';
import { sizeThreadPool } from '../server/lifecycle/thread-pool.ts';
import { allWritten, outliveReaders } from './all-written.ts';
import type { Program } from './command.ts';
import { parseCommandLine, USAGE } from './command-line.ts';
import { runCommand } from './commands/index.ts';
import { UsageError } from './usage-error.ts';

const program: Program = { env: process.env, print, complain, report, version };

async function run(args: readonly string[]): Promise<void> {
  const request = parseCommandLine(args, process.env);
  if (request.kind === 'help') print(USAGE);
  else if (request.kind === 'version') print(`${await version()}\n`);
  else await runCommand(request, program);
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
  // The error of a worker has an exit code; it is checked by shape, because its class is loaded only with workers.
  const hasExitCode = error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number';
  return hasExitCode ? (error.exitCode as number) : 1;
}

/** The same problem with everything else that would prevent the start, which needs the loader of plugins. */
async function withOtherProblems(error: unknown): Promise<unknown> {
  if (!(error instanceof ConfigurationError)) return error;
  return (await import('../server/composition/start-problems.ts')).withOtherProblems(error);
}

function print(text: string): void {
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
// Neither handles that a plugin has left open nor the channel of a worker to its primary process may keep this alive.
process.exit();
