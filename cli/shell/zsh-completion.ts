import type { ArgumentDefinition, CommandDescription, Completion, OptionDefinition } from '../command.ts';
import { PROGRAM_OPTIONS } from '../usage.ts';

/** The completion of zsh, a file for its function path; words come from the table of commands. */
export function zshCompletion(commands: readonly CommandDescription[]): string {
  const groups = new Map<string, CommandDescription[]>();
  for (const command of commands.filter(({ name }) => name.includes(' '))) {
    const [group = ''] = command.name.split(' ');
    groups.set(group, [...(groups.get(group) ?? []), command]);
  }
  const firstWords = [
    ...commands.filter(({ name }) => !name.includes(' ')).map(({ name, summary }) => described(name, summary)),
    ...[...groups]
      .filter(([group]) => !isCommand(group, commands))
      .map(([group, actions]) => described(group, actions.map(({ name }) => secondWord(name)).join(', '))),
  ];
  const programOptions = Object.entries(PROGRAM_OPTIONS).map(([name, { description }]) =>
    described(`--${name}`, description),
  );
  return `#compdef stowage
# zsh completion for stowage, made by "stowage completion zsh"
_stowage_nothing() { return 1 }
_stowage() {
  local -a commands options
  commands=(
${firstWords.join('\n')}
  )
  options=(
${programOptions.join('\n')}
  )
  if (( CURRENT == 2 )); then
    if [[ "$words[2]" == -* ]]; then _describe -o -t options option options; else _describe -t commands command commands; fi
    return
  fi
  local command="$words[2]"
  case "$command" in
${[...groups].map(([group, actions]) => groupBranch(group, { actions, isCommand: isCommand(group, commands) })).join('\n')}
  esac
  shift words; (( CURRENT-- ))
  case "$command" in
${commands.map(branchOf).join('\n')}
  esac
}
if [ "$funcstack[1]" = _stowage ]; then _stowage "$@"; else compdef _stowage stowage; fi
`;
}

/** Whether the first word of a group is a command, too. */
function isCommand(group: string, commands: readonly CommandDescription[]): boolean {
  return commands.some(({ name }) => name === group);
}

/** What is completed after the first word of commands with two. */
function groupBranch(
  group: string,
  { actions, isCommand }: { readonly actions: readonly CommandDescription[]; readonly isCommand: boolean },
): string {
  const words = actions.map(({ name }) => secondWord(name));
  const offered = `        commands=(
${actions.map(({ name, summary }) => described(secondWord(name), summary)).join('\n')}
        )
        _describe -t commands command commands`;
  const taken = 'command="$words[2] $words[3]"; shift words; (( CURRENT-- ))';
  return isCommand
    ? `    ${quoted(group)})
      if (( CURRENT == 3 )); then
${offered}
      elif [[ "$words[3]" == (${words.join('|')}) ]]; then
        ${taken}
      fi ;;`
    : `    ${quoted(group)})
      if (( CURRENT == 3 )); then
${offered}
        return
      fi
      ${taken} ;;`;
}

function secondWord(name: string): string {
  return name.slice(name.indexOf(' ') + 1);
}

function described(word: string, text: string): string {
  return `    ${quoted(`${word.replaceAll(':', '\\:')}:${text}`)}`;
}

function branchOf({ name, options, arguments: given }: CommandDescription): string {
  const specs = [
    ...Object.entries(options).flatMap(([option, definition]) => optionSpecs(option, definition)),
    quoted('(-h --help)--help[print what there is to know of the command]'),
    ...Object.entries(given).map(([argument, definition]) => argumentSpec(argument, definition)),
  ];
  return `    ${quoted(name)})
      _arguments -S \\
${specs.map((spec) => `        ${spec}`).join(' \\\n')} ;;`;
}

function optionSpecs(name: string, definition: OptionDefinition): string[] {
  const { short, type, multiple, value = 'value', description, completes } = definition;
  const names = short === undefined ? [`--${name}`] : [`-${short}`, `--${name}`];
  const action = type === 'string' ? `:${escaped(value)}:${actionOf(completes)}` : '';
  const exclusion = multiple ? '*' : names.length > 1 ? `(${names.join(' ')})` : '';
  return names.map((each) => quoted(`${exclusion}${each}[${escaped(description)}]${action}`));
}

function argumentSpec(name: string, { presence, completes }: ArgumentDefinition): string {
  const start = presence === 'many' ? '*' : presence === 'optional' ? ':' : '';
  return quoted(`${start}:${escaped(name)}:${actionOf(completes)}`);
}

function actionOf(completes: Completion | undefined): string {
  if (completes === 'folder') return '_files -/';
  if (completes === 'file' || completes === 'image') return '_files';
  // Where an empty action stands, options would not be offered either.
  if (completes === undefined || completes === 'none') return '_stowage_nothing';
  return `(${completes.join(' ')})`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
