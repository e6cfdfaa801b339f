import { didYouMean } from '../plugins/loading/suggest.ts';
import type { Environment } from '../server/config/index.ts';
import { COMMANDS, type CommandRequest } from './commands/index.ts';
import { foreignCommand } from './foreign-commands.ts';
import { parseArguments } from './parse-arguments.ts';
import { PROGRAM_OPTIONS } from './usage.ts';
import { UsageError } from './usage-error.ts';

/** A request to the program itself. */
export type ProgramRequest =
  | {
      readonly kind: 'help';
      readonly command?: (typeof COMMANDS)[number];
      /** The first word of several commands whose help is asked for. Without it and `command`: that of the program. */
      readonly group?: string;
    }
  | { readonly kind: 'version' };

/**
 * Parses the arguments after the name of the program.
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[], env: Environment): CommandRequest | ProgramRequest {
  // Before its options, which are foreign as well.
  refuseForeign(args[0]);
  const ofCommands = Object.assign({}, ...COMMANDS.map(({ options }) => options)) as object;
  // What an option stands before need not be known yet: an option has one form in all commands.
  const { values, positionals } = parseArguments(args, { ...ofCommands, ...PROGRAM_OPTIONS });
  const [first, ...others] = positionals;
  if (values.help || first === 'help') {
    return helpRequest(first === 'help' ? others : positionals);
  }
  if (values.version) return { kind: 'version' };
  const command = commandOf(positionals);
  const foreign = Object.keys(values).find((option) => !Object.hasOwn(command.options, option));
  if (foreign !== undefined) throw new UsageError(`"${command.name}" has no option --${foreign}`);
  return command.parse(args, env);
}

function helpRequest(words: readonly string[]): ProgramRequest {
  const [group] = words;
  if (group === undefined) return { kind: 'help' };
  const isGroup = words.length === 1 && findCommand(words) === undefined && commandsOf(group).length > 0;
  return isGroup ? { kind: 'help', group } : { kind: 'help', command: commandOf(words) };
}

/** @throws UsageError for a command of another program */
function refuseForeign(word = ''): void {
  const advice = foreignCommand(word);
  if (advice !== undefined) throw new UsageError(advice);
}

/** The names of the commands of two words that begin with this one. */
function commandsOf(group: string): readonly string[] {
  return COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(`${group} `));
}

/** The command that words begin with; absent for words that begin with none. */
export function findCommand([first, second]: readonly string[]): (typeof COMMANDS)[number] | undefined {
  const named = (words: string): (typeof COMMANDS)[number] | undefined => COMMANDS.find(({ name }) => name === words);
  return named(`${first} ${second}`) ?? named(first ?? '');
}

function commandOf(words: readonly string[]): (typeof COMMANDS)[number] {
  const [first, second] = words;
  if (first === undefined) throw new UsageError('a command is missing');
  const found = findCommand(words);
  if (found !== undefined) return found;
  refuseForeign(first);
  const group = commandsOf(first);
  if (group.length === 0) {
    const known = COMMANDS.map(({ name }) => name.replace(/ .*/, ''));
    throw new UsageError(`unknown command ${JSON.stringify(first)}${didYouMean(first, known)}`);
  }
  if (second === undefined) {
    const actions = group.map((name) => name.slice(first.length + 1));
    throw new UsageError(`a command is missing after "${first}": ${actions.join(' or ')}`);
  }
  const expected = group.map((name) => `"${name}"`).join(' or ');
  throw new UsageError(`unknown command "${first} ${second}", expected ${expected}`);
}
