import { DEFAULT_FILES, type Environment } from '../server/config/index.ts';
import type { ConfiguredCommand } from './choose-file.ts';
import {
  DRIVER_USAGE,
  type DriverNewCommand,
  type DriverTestCommand,
  parseDriverCommand,
} from './commands/driver-command-line.ts';
import { INIT_USAGE, type InitCommand, parseInitCommand } from './commands/init-command-line.ts';
import { parseArguments } from './parse-arguments.ts';
import { UsageError } from './usage-error.ts';

/** What `--help` prints. */
export const USAGE = `Usage: stowage <command> [config.yml]

Commands:
  serve [config.yml]         run the registry
  check-config [config.yml]  check a configuration and print what is in effect, without secrets
      --connect              also open its storage, Redis and plugins; changes nothing, or a small file that is deleted
  rebuild-referrers [config.yml]
                             list referrers that another program stored; reads every manifest${INIT_USAGE}${DRIVER_USAGE}

Options:
  -h, --help     print this text
  -v, --version  print the version

Without an argument the path of the configuration comes from REGISTRY_CONFIGURATION_PATH, or else it is the first of
${DEFAULT_FILES.join(' and ')} that exists.
When there is none, serve and check-config take the one that comes with Stowage: it listens on 127.0.0.1:5000, lets
everybody do everything, and keeps content in ./registry-data.
Exit codes: 0 all went well, 1 the registry could not start or stop, "check-config --connect" could not use what is
configured, or a case of "driver test" failed, 2 wrong usage or configuration.
`;

const COMMANDS = ['serve', 'check-config', 'rebuild-referrers'] as const satisfies ConfiguredCommand['kind'][];

/** What the operator asked for. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | DriverTestCommand
  | DriverNewCommand
  | ConfiguredCommand
  | InitCommand;

/**
 * Understands the arguments after the name of the program.
 * @throws UsageError
 */
export function parseCommandLine(args: readonly string[], env: Environment): Command {
  if (args[0] === 'driver') return parseDriverCommand(args.slice(1));
  if (args[0] === 'init') return parseInitCommand(args.slice(1));
  const { values, positionals } = parseArguments(args, {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
    connect: { type: 'boolean' },
  });
  const { connect = false } = values;
  if (values.help) return { kind: 'help' };
  if (values.version) return { kind: 'version' };
  const [name, argument, extra] = positionals;
  const kind = COMMANDS.find((command) => command === name);
  if (kind === undefined) {
    throw new UsageError(name === undefined ? 'a command is missing' : `unknown command ${JSON.stringify(name)}`);
  }
  if (extra !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(extra)}`);
  const path = pathOf(argument, env);
  if (kind === 'check-config') return { kind, path, connect };
  if (connect) throw new UsageError(`"${kind}" takes no --connect`);
  return { kind, path };
}

/** An empty path was meant for one, so that nothing else may be taken for it, least of all a file with less access control. */
function pathOf(argument: string | undefined, env: Environment): string | undefined {
  if (argument === '') throw new UsageError('the path of the configuration is empty');
  const path = argument ?? env['REGISTRY_CONFIGURATION_PATH'];
  if (path === '') throw new UsageError('REGISTRY_CONFIGURATION_PATH is empty; give it a path, or unset it');
  return path;
}
