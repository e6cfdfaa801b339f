import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PluginLoadError } from '../plugins/loading/plugin-load-error.ts';
import { ConfigurationError, formatProblem, PACKAGE_FOLDER } from '../server/config/index.ts';
import type { Program } from './command.ts';
import { parseCommandLine, USAGE } from './command-line.ts';
import { runCommand } from './commands/index.ts';
import { UsageError } from './usage-error.ts';

/** What the program is given, and where it writes. */
export type ProgramSurroundings = Pick<Program, 'env' | 'print' | 'complain'>;

/**
 * Does what the arguments ask for. Whatever goes wrong is said, and is not thrown.
 * @param args without the name of the program
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  const report = (error: unknown): number => reportError(error, surroundings.complain);
  try {
    return await run(args, { ...surroundings, report, version });
  } catch (error) {
    return report(await withOtherProblems(error));
  }
}

async function run(args: readonly string[], program: Program): Promise<number> {
  const request = parseCommandLine(args, program.env);
  if (request.kind === 'help') program.print(USAGE);
  else if (request.kind === 'version') program.print(`${await version()}\n`);
  else return runCommand(request, program);
  return 0;
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

/** Says what went wrong, problem by problem, and gives the exit code. */
function reportError(error: unknown, complain: Program['complain']): number {
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
  if (error instanceof AggregateError) return Math.max(...error.errors.map((each) => reportError(each, complain)));
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
