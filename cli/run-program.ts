import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../server/config/configuration-error.ts';
import { PACKAGE_FOLDER } from '../server/config/package-folder.ts';
import type { Program } from './command.ts';
import { findCommand, type ProgramRequest, parseCommandLine } from './command-line.ts';
import { COMMANDS, runCommand } from './commands/index.ts';
import type { ProgramStreams } from './program-streams.ts';
import { type LineForm, reporting } from './report-error.ts';
import { commandUsage, groupUsage, programUsage } from './usage.ts';

/** What the program is given, and where it reads and writes. */
export type ProgramSurroundings = Pick<Program, 'env'> & ProgramStreams;

/**
 * Runs the command in the arguments. Errors are reported, not thrown.
 * @param args without the name of the program
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  const said = reporting(surroundings.complain, { form: formFor(args, surroundings), help: helpFor(args) });
  try {
    const code = await run(args, { ...surroundings, ...said, version, commands: COMMANDS });
    await surroundings.written();
    return code;
  } catch (error) {
    return said.report(await withOtherProblems(error));
  }
}

/** Without a terminal, everything that `serve` writes has the form of its log, from the first mistake in a file on. */
function formFor(args: readonly string[], { terminal }: ProgramSurroundings): LineForm {
  if (asksForJson(args)) return 'json';
  const isServer = args.find((word) => !word.startsWith('-')) === 'serve';
  return isServer && terminal() === undefined ? 'log' : 'text';
}

/** Looks at invalid arguments as well: a caller that asks for JSON gets errors as JSON. */
function asksForJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).includes('--json');
}

/** The command that prints the help for these arguments. */
function helpFor(args: readonly string[]): string {
  const command = findCommand(args.filter((word) => !word.startsWith('-')));
  return command === undefined ? 'stowage --help' : `stowage ${command.name} --help`;
}

async function run(args: readonly string[], program: Program): Promise<number> {
  const request = parseCommandLine(args, program.env);
  if (request.kind === 'help') program.print(usageFor(request));
  else if (request.kind === 'version') program.print(`${await version()}\n`);
  else return runCommand(request, program);
  return 0;
}

function usageFor({ command, group }: Extract<ProgramRequest, { kind: 'help' }>): string {
  if (command !== undefined) return commandUsage(command);
  return group === undefined ? programUsage(COMMANDS) : groupUsage(group, COMMANDS);
}

async function version(): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(PACKAGE_FOLDER, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}

/** The same problem with everything else that would prevent the start, which needs the loader of plugins. */
async function withOtherProblems(error: unknown): Promise<unknown> {
  if (!(error instanceof ConfigurationError)) return error;
  return (await import('../server/composition/start-problems.ts')).withOtherProblems(error);
}
