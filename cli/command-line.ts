import { DEFAULT_FILES, type Environment } from '../server/config/index.ts';
import { COMMANDS, type CommandRequest } from './commands/index.ts';
import { parseArguments } from './parse-arguments.ts';
import { UsageError } from './usage-error.ts';

/** What `--help` prints. */
export const USAGE = `Usage: stowage <command> [config.yml]

Commands:
${COMMANDS.map(({ usage }) => usage).join('\n')}

Options:
  -h, --help     print this text
  -v, --version  print the version

Without an argument the path of the configuration comes from REGISTRY_CONFIGURATION_PATH, or else it is the first of
${DEFAULT_FILES.join(' and ')} that exists.
When there is none, serve and check-config take the one that comes with Stowage: it listens on 127.0.0.1:5000, lets
everybody do everything, and keeps content in ./registry-data.
Exit codes: 0 all went well, 1 the registry could not start or stop, "check-config --connect" could not use what is
configured, "run" did not complete its job, or a case of "driver test" failed, 2 wrong usage or configuration.
`;

const OF_THE_PROGRAM = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/**
 * Understands the arguments after the name of the program.
 * @throws UsageError
 */
export function parseCommandLine(
  args: readonly string[],
  env: Environment,
): CommandRequest | { readonly kind: 'help' } | { readonly kind: 'version' } {
  const ofCommands = Object.assign({}, ...COMMANDS.map(({ options }) => options)) as object;
  // What an option stands before need not be known yet: an option has one form in all commands.
  const { values, positionals } = parseArguments(args, { ...ofCommands, ...OF_THE_PROGRAM });
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const command = commandOf(positionals);
  const foreign = Object.keys(values).find((option) => !Object.hasOwn(command.options, option));
  if (foreign !== undefined) throw new UsageError(`"${command.name}" takes no --${foreign}`);
  return command.parse(args, env);
}

function commandOf([first, second]: readonly string[]): (typeof COMMANDS)[number] {
  if (first === undefined) throw new UsageError('a command is missing');
  const found = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`);
  if (found !== undefined) return found;
  const group = COMMANDS.map(({ name }) => name).filter((name) => name.startsWith(`${first} `));
  if (group.length === 0) throw new UsageError(`unknown command ${JSON.stringify(first)}`);
  if (second === undefined) {
    const actions = group.map((name) => name.slice(first.length + 1));
    throw new UsageError(`a command is missing after "${first}": ${actions.join(' or ')}`);
  }
  const expected = group.map((name) => `"${name}"`).join(' or ');
  throw new UsageError(`unknown command "${first} ${second}", expected ${expected}`);
}
