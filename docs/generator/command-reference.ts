import type { CommandDescription } from '../../cli/command.ts';
import { COMMANDS } from '../../cli/commands/index.ts';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { COMMAND_GROUPS, optionText, synopsis } from '../../cli/usage.ts';
import { table } from './table.ts';

/** Every command with its arguments and options, as Markdown. */
export function commandReference(): string {
  return Object.entries(COMMAND_GROUPS)
    .map(([group, heading]) => {
      const commands = COMMANDS.filter((command) => command.group === group).map(commandPart);
      return `### ${heading}\n\n${commands.join('\n\n')}`;
    })
    .join('\n\n');
}

/** The exit codes, as Markdown. */
export function exitCodeTable(): string {
  return table([['code', 'means'], ...Object.entries(EXIT_CODES)]);
}

function commandPart(command: CommandDescription): string {
  const { name, summary, details = [], arguments: given, options } = command;
  const rows = [
    ...Object.entries(given).map(([argument, { description }]) => [`\`${argument}\``, cell(description)]),
    ...Object.entries(options).map(([option, definition]) => [
      `\`${optionText(option, definition)}\``,
      cell(definition.description),
    ]),
  ];
  return [
    `#### stowage ${name}`,
    `\`\`\`text\nstowage ${synopsis(command)}\n\`\`\``,
    [`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`, ...details].map(escaped).join('\n\n'),
    ...(rows.length === 0 ? [] : [table([['argument or option', 'meaning'], ...rows])]),
  ].join('\n\n');
}

/** Text that Markdown would take for HTML, or for emphasis. */
function escaped(text: string): string {
  return text.replaceAll(/[<*]/g, '\\$&');
}

function cell(text: string): string {
  return escaped(text).replaceAll('|', '\\|');
}
