import { DEFAULT_FILES } from '../server/config/find-default-file.ts';
import type { CommandDescription, OptionDefinition } from './command.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { hangingLines, wrapText } from './wrap-text.ts';

/** The headings under which commands are listed, in this order. */
export const COMMAND_GROUPS: Readonly<Record<CommandDescription['group'], string>> = {
  registry: 'Run a registry',
  transfer: 'Move images',
  images: 'Inspect and change images',
  access: 'Log in',
  verification: 'Verify a registry',
  drivers: 'Write a storage driver',
  shell: 'Shell',
};

/** Options of the program itself. */
export const PROGRAM_OPTIONS = {
  help: { type: 'boolean', short: 'h', description: 'print this help, or the help of the command before it' },
  version: { type: 'boolean', short: 'v', description: 'print the version' },
} as const satisfies Readonly<Record<string, OptionDefinition>>;

const WIDTH = 110;
const SUMMARY_COLUMN = 38;
const OPTION_COLUMN = 27;

/** What `--help` prints. */
export function programUsage(commands: readonly CommandDescription[]): string {
  return `Usage: stowage <command> [arguments] [options]
       stowage <command> --help

${Object.entries(COMMAND_GROUPS)
  .map(([group, heading]) => `${heading}:\n${summaries(commands, group)}`)
  .join('\n')}
Options:
${optionLines(PROGRAM_OPTIONS)}
Without the argument config.yml, a command reads the file that REGISTRY_CONFIGURATION_PATH names, or else the
first of ${DEFAULT_FILES.join(' and ')} that exists. If there is
none, serve and check-config use the one that comes with Stowage: it listens on 127.0.0.1:5000, has no access
control, and keeps content in ./registry-data.

Exit codes:
${exitCodeLines()}`;
}

/** What `stowage <group> --help` prints, where several commands begin with that word. */
export function groupUsage(group: string, commands: readonly CommandDescription[]): string {
  const ofGroup = commands.filter(({ name }) => name.startsWith(`${group} `));
  return `Usage: stowage ${group} <command> [arguments] [options]
       stowage ${group} <command> --help

Commands:
${summaryLines(ofGroup)}`;
}

/** What `stowage <command> --help` prints. */
export function commandUsage(command: CommandDescription): string {
  const { summary, details = [], arguments: given, options, examples = [] } = command;
  const parts = [
    `Usage: stowage ${synopsis(command)}\n`,
    ...[`${capitalized(summary)}.`, ...details].map((text) => `${wrapText(text, WIDTH)}\n`),
    section(
      'Arguments',
      Object.entries(given).map(([name, { description }]) => [argumentText(name, given), description]),
    ),
    section('Options', optionRows(options)),
    section(
      'Examples',
      examples.map(([line, purpose]) => [`stowage ${line}`, purpose]),
    ),
  ];
  return parts.filter((part) => part !== '').join('\n');
}

/** A command with its arguments, as it is typed. */
export function synopsis({ name, arguments: given, options }: CommandDescription): string {
  const names = Object.keys(given).map((argument) => argumentText(argument, given));
  return [name, ...names, ...(Object.keys(options).length === 0 ? [] : ['[options]'])].join(' ');
}

/** An option as it is typed: `-o, --output <file>`. */
export function optionText(name: string, { short, value, type }: OptionDefinition): string {
  const long = type === 'string' ? `--${name} <${value ?? 'value'}>` : `--${name}`;
  return short === undefined ? long : `-${short}, ${long}`;
}

function argumentText(name: string, given: CommandDescription['arguments']): string {
  const presence = given[name]?.presence;
  if (presence === 'optional') return `[${name}]`;
  return presence === 'many' ? `<${name}...>` : `<${name}>`;
}

function summaries(commands: readonly CommandDescription[], group: string): string {
  return summaryLines(commands.filter((command) => command.group === group));
}

function summaryLines(commands: readonly CommandDescription[]): string {
  return commands
    .map((command) => {
      const { options: _, ...named } = command;
      return hangingLines(`  ${synopsis({ ...named, options: {} })}`, command.summary, {
        column: SUMMARY_COLUMN,
        width: WIDTH,
      });
    })
    .join('');
}

function section(heading: string, rows: ReadonlyArray<readonly [left: string, right: string]>): string {
  return rows.length === 0 ? '' : `${heading}:\n${rows.map(hangingRow).join('')}`;
}

function optionLines(options: CommandDescription['options']): string {
  return optionRows(options).map(hangingRow).join('');
}

function optionRows(options: CommandDescription['options']): Array<readonly [left: string, right: string]> {
  return Object.entries(options).map(([name, option]) => [optionText(name, option), option.description]);
}

function hangingRow([left, right]: readonly [left: string, right: string]): string {
  return hangingLines(`  ${left}`, right, { column: OPTION_COLUMN, width: WIDTH });
}

function exitCodeLines(): string {
  return Object.entries(EXIT_CODES)
    .map(([code, meaning]) => hangingLines(`  ${code}`, meaning, { column: 7, width: WIDTH }))
    .join('');
}

function capitalized(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
