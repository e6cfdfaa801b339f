import type { ArgumentDefinition, CommandDescription, Completion, OptionDefinition } from '../command.ts';

/** The completion of zsh, a file for its function path; words come from the table of commands. */
export function zshCompletion(commands: readonly CommandDescription[]): string {
  return `#compdef stowage
# zsh completion for stowage, made by "stowage completion zsh"
_stowage() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name.replaceAll(':', '\\:')}:${summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe -t commands command commands
    return
  fi
  local command="$words[2]"
  case "$words[2] $words[3]" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(({ name }) => `    ${quoted(name)}) command=${quoted(name)}; shift words; (( CURRENT-- )) ;;`)
  .join('\n')}
  esac
  shift words; (( CURRENT-- ))
  case "$command" in
${commands.map(branchOf).join('\n')}
  esac
}
if [ "$funcstack[1]" = _stowage ]; then _stowage "$@"; else compdef _stowage stowage; fi
`;
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
  if (completes === undefined || completes === 'none') return ' ';
  return `(${completes.join(' ')})`;
}

function escaped(text: string): string {
  return text.replaceAll(/[\\[\]:]/g, '\\$&');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
