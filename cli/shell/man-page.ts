import type { CommandDescription } from '../command.ts';
import { EXIT_CODES } from '../exit-codes.ts';
import { COMMAND_GROUPS, optionText, PROGRAM_OPTIONS, synopsis } from '../usage.ts';

/** Variables of the environment that commands read. */
const VARIABLES: Readonly<Record<string, string>> = {
  REGISTRY_CONFIGURATION_PATH: 'the configuration of commands that take a config.yml',
  DOCKER_CONFIG: 'the folder of config.json with credentials, instead of ~/.docker',
  REGISTRY_AUTH_FILE: 'a file of credentials that is used instead of all others, as podman does',
  'HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY': 'the proxy for requests to registries, in upper or lower case',
};

/** What commands read and keep apart from what they are given. */
const FILES: Readonly<Record<string, string>> = {
  '~/.docker/config.json': 'credentials, which login writes; then auth.json of podman is read',
  'certs.d in ~/.config/containers, ~/.config/docker, /etc/containers, /etc/docker':
    'authorities and client certificates by host, as docker and podman keep them',
  '~/.local/state/stowage/uploads':
    'where uploads were interrupted, so that the next push resumes them; XDG_STATE_HOME takes the place of ~/.local/state',
  '<folder>/.stowage, .<archive>.partial': 'what an interrupted pull has of an image, beside what it writes',
};

/** The manual of all commands, in the language of man (7). */
export function manPage(commands: readonly CommandDescription[], version: string): string {
  return `.\\" Made from the table of commands by "stowage man".
.TH STOWAGE 1 "" "stowage ${version}" "Stowage"
.SH NAME
stowage \\- a container registry, and a client of container registries
.SH SYNOPSIS
.B stowage
.I command
[\\fIarguments\\fR] [\\fIoptions\\fR]
.SH OPTIONS
${optionParts(PROGRAM_OPTIONS)}${Object.entries(COMMAND_GROUPS)
  .map(([group, heading]) => groupPart(commands, group, heading))
  .join('')}.SH ENVIRONMENT
${Object.entries(VARIABLES).map(termPart).join('')}.SH FILES
${Object.entries(FILES).map(termPart).join('')}.SH EXIT STATUS
${Object.entries(EXIT_CODES).map(termPart).join('')}`;
}

function groupPart(commands: readonly CommandDescription[], group: string, heading: string): string {
  const parts = commands.filter((command) => command.group === group).map(commandPart);
  return `.SH ${heading.toUpperCase()}\n${parts.join('')}`;
}

function commandPart(command: CommandDescription): string {
  const { name, summary, details = [], arguments: given, options, examples = [] } = command;
  const sentences = [`${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`, ...details];
  return [
    `.SS stowage ${escaped(name)}\n.B stowage ${escaped(synopsis(command))}\n`,
    ...sentences.map((text) => `.PP\n${escaped(text)}\n`),
    ...Object.entries(given).map(([argument, { description }]) => termPart([argument, description])),
    optionParts(options),
    ...examples.map(
      ([line, purpose]) => `.PP\n${escaped(purpose)}:\n.PP\n.nf\n.RS\nstowage ${escaped(line)}\n.RE\n.fi\n`,
    ),
  ].join('');
}

function optionParts(options: CommandDescription['options']): string {
  return Object.entries(options)
    .map(([name, option]) => termPart([optionText(name, option), option.description]))
    .join('');
}

function termPart([term, description]: readonly [term: string, description: string]): string {
  return `.TP\n.B ${escaped(term)}\n${escaped(description)}\n`;
}

/** A line that begins with a dot or a quote would be a request, and a hyphen would become another sign. Text is ASCII. */
function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll(
      /[^\0-\x7f]/g,
      (character) => `\\[u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll('-', '\\-')
    .replaceAll(/^(?=[.'])/gm, '\\&');
}
