import type { ParseArgsOptionDescriptor, parseArgs } from 'node:util';
import type { Environment } from '../server/config/index.ts';
import { parseArguments } from './parse-arguments.ts';
import type { ProgramStreams } from './program-streams.ts';
import { UsageError } from './usage-error.ts';

/** What a command needs from the program. */
export interface Program extends ProgramStreams {
  readonly env: Environment;
  /** Writes a message to standard error: a line, or with `--json` a JSON line of the type `note`. */
  readonly note: (text: string) => void;
  /** Reports an error on standard error. @returns its exit code */
  readonly report: (error: unknown) => number;
  /** The version of Stowage. */
  readonly version: () => Promise<string>;
  /** All commands, for those that describe them. */
  readonly commands: readonly CommandDescription[];
}

/** The exit code of a command that does not throw; see `EXIT_CODES`. A command that returns none exits with 0. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** What a shell offers for a value: files, folders, these words, or nothing. */
export type Completion = 'file' | 'folder' | 'image' | 'none' | readonly string[];

/** An option as Node's `parseArgs` takes it, with its text in the help. */
export interface OptionDefinition extends ParseArgsOptionDescriptor {
  /** What it does: a clause without a full stop. */
  readonly description: string;
  /** What stands for its value in the usage: `file`. An option without one is a switch. */
  readonly value?: string;
  readonly completes?: Completion;
}

/** The options of a command by their names. An option has one form in all commands. */
export type CommandOptions = Readonly<Record<string, OptionDefinition>>;

/** An argument after the name of a command. */
export interface ArgumentDefinition {
  readonly description: string;
  /** Required unless given; `many` stands for at least one, and only at the end. */
  readonly presence?: 'optional' | 'many';
  readonly completes?: Completion;
  /** The message when it is missing, if its name is not enough. */
  readonly missing?: string;
}

/** The arguments of a command by their names, in their order. */
export type CommandArguments = Readonly<Record<string, ArgumentDefinition>>;

type ArgumentValue<Definition extends ArgumentDefinition> = Definition extends { readonly presence: 'many' }
  ? readonly [string, ...string[]]
  : Definition extends { readonly presence: 'optional' }
    ? string | undefined
    : string;

/** What the arguments of a command have said, without the words that name it. */
export interface GivenArguments<Options extends CommandOptions, Arguments extends CommandArguments> {
  readonly values: ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>>['values'];
  readonly args: { readonly [Name in keyof Arguments]: ArgumentValue<Arguments[Name]> };
  readonly env: Environment;
}

/** The description of a command. Its help, its completion and its part of the manual are generated from it. */
export interface CommandDescription {
  /** The words by which it is called: `serve`, `driver test`. */
  readonly name: string;
  /** Under which heading it is listed. */
  readonly group: 'registry' | 'transfer' | 'images' | 'access' | 'verification' | 'drivers' | 'shell';
  /** What it does: one clause without a full stop. */
  readonly summary: string;
  /** Further details, in paragraphs. */
  readonly details?: readonly string[];
  readonly arguments: CommandArguments;
  readonly options: CommandOptions;
  /** Example lines without the leading `stowage`, and what each one does. */
  readonly examples?: ReadonlyArray<readonly [line: string, purpose: string]>;
}

/** What a command is defined by. */
export interface CommandDefinition<Request, Options extends CommandOptions, Arguments extends CommandArguments>
  extends CommandDescription {
  readonly arguments: Arguments;
  readonly options: Options;
  /** @throws UsageError */
  readonly parse: (given: GivenArguments<Options, Arguments>) => Request;
  /** Imports the implementation; nothing of it is loaded before. */
  readonly load: () => Promise<{ readonly run: (request: Request, program: Program) => Promise<ExitCode | void> }>;
}

/** A command of the table. */
export interface Command<Request>
  extends CommandDescription,
    Pick<CommandDefinition<Request, CommandOptions, CommandArguments>, 'load'> {
  /**
   * Parses the arguments of the program, which begin with the words of this command.
   * @throws UsageError
   */
  readonly parse: (args: readonly string[], env: Environment) => Request;
}

/** A command of the table, with types for its arguments. */
export function defineCommand<Request, const Options extends CommandOptions, const Arguments extends CommandArguments>({
  parse,
  ...command
}: CommandDefinition<Request, Options, Arguments>): Command<Request> {
  const words = command.name.split(' ').length;
  return {
    ...command,
    parse: (given, env) => {
      const { values, positionals } = parseArguments(given, command.options);
      const args = nameArguments(positionals.slice(words), command);
      // Each was checked against its definition.
      return parse({ values, args: args as GivenArguments<Options, Arguments>['args'], env });
    },
  };
}

function nameArguments(
  given: readonly string[],
  { name: command, arguments: definitions }: Pick<CommandDescription, 'name' | 'arguments'>,
): Readonly<Record<string, string | readonly string[] | undefined>> {
  const entries = Object.entries(definitions);
  const takesMany = entries.at(-1)?.[1].presence === 'many';
  const surplus = takesMany ? undefined : given[entries.length];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
  return Object.fromEntries(
    entries.map(([name, { presence, missing }], index) => {
      const value = given[index];
      if (value === undefined && presence !== 'optional') {
        throw new UsageError(
          missing ?? `"${command}" needs ${presence === 'many' ? `at least one <${name}>` : `<${name}>`}`,
        );
      }
      return [name, presence === 'many' ? given.slice(index) : value];
    }),
  );
}
