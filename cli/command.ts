import type { ParseArgsConfig, parseArgs } from 'node:util';
import type { Environment } from '../server/config/index.ts';
import { parseArguments } from './parse-arguments.ts';
import { UsageError } from './usage-error.ts';

/** What a command needs of the program that it runs in. */
export interface Program {
  readonly env: Environment;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
  /** Writes a line to standard error. */
  readonly complain: (line: string) => void;
  /** Says on standard error what went wrong. @returns the exit code for it */
  readonly report: (error: unknown) => number;
  /** The version of Stowage. */
  readonly version: () => Promise<string>;
}

/** What the program ends with when nothing was thrown; see `--help`. A command that gives none ends with 0. */
export type ExitCode = 0 | 1 | 2;

/** The options of a command, as `parseArgs` of node takes them. */
export type CommandOptions = NonNullable<ParseArgsConfig['options']>;

/** What the arguments of a command have said, without the words that name it. */
export interface GivenArguments<Options extends CommandOptions> {
  readonly values: ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>>['values'];
  readonly positionals: readonly string[];
  readonly env: Environment;
}

/** What a command is defined by. */
export interface CommandDefinition<Request, Options extends CommandOptions> {
  /** The words by which it is called: `serve`, `driver test`. */
  readonly name: string;
  /** Its lines in `--help`. */
  readonly usage: string;
  readonly options: Options;
  /** How many arguments there can be after the name. */
  readonly maxArguments: number;
  /** @throws UsageError */
  readonly parse: (given: GivenArguments<Options>) => Request;
  /** Imports what runs it; nothing of that is loaded before. */
  readonly load: () => Promise<{ readonly run: (request: Request, program: Program) => Promise<ExitCode | void> }>;
}

/** A command of the table. */
export interface Command<Request> extends Pick<CommandDefinition<Request, CommandOptions>, 'name' | 'usage' | 'load'> {
  readonly options: CommandOptions;
  /**
   * Understands the arguments of the program, which begin with the words of this command.
   * @throws UsageError
   */
  readonly parse: (args: readonly string[], env: Environment) => Request;
}

/** A command of the table, with types for its arguments. */
export function defineCommand<Request, const Options extends CommandOptions>({
  parse,
  maxArguments,
  ...command
}: CommandDefinition<Request, Options>): Command<Request> {
  const words = command.name.split(' ').length;
  return {
    ...command,
    parse: (args, env) => {
      const { values, positionals } = parseArguments(args, command.options);
      const surplus = positionals[words + maxArguments];
      if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
      return parse({ values, positionals: positionals.slice(words), env });
    },
  };
}
