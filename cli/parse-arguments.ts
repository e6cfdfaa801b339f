import { type ParseArgsConfig, parseArgs } from 'node:util';
import { suggest } from '../plugins/loading/suggest.ts';
import { UsageError } from './usage-error.ts';

/**
 * The options and positional arguments of a command.
 * @throws UsageError for an option that the command does not have, or whose value is missing
 */
export function parseArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [, unknown] = /^Unknown option '--?([^']+)'/.exec(error.message) ?? [];
    if (unknown !== undefined) throw new UsageError(unknownOption(unknown, options));
    throw new UsageError(error.message.split('. ')[0] ?? error.message);
  }
}

function unknownOption(name: string, options: object): string {
  const meant = suggest(name, Object.keys(options));
  return `unknown option --${name}${meant === undefined ? '' : `, did you mean --${meant}?`}`;
}
