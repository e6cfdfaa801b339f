import type { CommandDescription, Completion, OptionDefinition } from '../command.ts';
import { PROGRAM_OPTIONS } from '../usage.ts';

/**
 * The completion of bash, 3.2 or newer, without the package bash-completion. Words come from the table of commands, so
 * that nothing is started while the user types.
 */
export function bashCompletion(commands: readonly CommandDescription[]): string {
  const firstWords = new Set(commands.map(({ name }) => name.replace(/ .*/, '')));
  const groups = [...firstWords].filter((word) => commands.some(({ name }) => name.startsWith(`${word} `)));
  return `# bash completion for stowage, made by "stowage completion bash"
_stowage_paths() {
  local IFS=$'\\n'
  # Only paths get a slash or a backslash.
  compopt -o filenames 2> /dev/null
  COMPREPLY=($(compgen "$1" -- "$word"))
}
_stowage() {
  local word=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command= index=1
  COMPREPLY=()
  # Readline parts words at "=" and ":", too.
  [ "$word" = = ] && word=
  [ "$previous" = = ] && previous=\${COMP_WORDS[COMP_CWORD-2]}
  while [ "$index" -lt "$COMP_CWORD" ]; do
    case \${COMP_WORDS[index]} in
      -*) ;;
      *) command=\${COMP_WORDS[index]}; break ;;
    esac
    index=$((index + 1))
  done
  case $command in
${groups.map((group) => secondWordBranch(group, commands)).join('\n')}
    '') COMPREPLY=($(compgen -W '${[...firstWords, '--help', '--version'].join(' ')}' -- "$word")); return ;;
  esac
  case $command in
${commands.map(branchOf).join('\n')}
${groups.map((group) => `    ${group}) COMPREPLY=($(compgen -W '${actionsOf(group, commands)}' -- "$word")) ;;`).join('\n')}
  esac
}
if type compopt > /dev/null 2>&1; then complete -F _stowage stowage; else complete -o filenames -F _stowage stowage; fi
`;
}

/** Where the first word of a group was typed: the second one belongs to the name of the command if it is one of the group. */
function secondWordBranch(group: string, commands: readonly CommandDescription[]): string {
  const second = '${COMP_WORDS[index + 1]}';
  const actions = actionsOf(group, commands).replaceAll(' ', ' | ');
  const isTyped = '[ "$((index + 1))" -lt "$COMP_CWORD" ]';
  return `    ${group}) ${isTyped} && case ${second} in ${actions}) command="${group} ${second}" ;; esac ;;`;
}

function actionsOf(group: string, commands: readonly CommandDescription[]): string {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.slice(group.length + 1))
    .join(' ');
}

function branchOf({ name, options, arguments: given }: CommandDescription): string {
  const all: ReadonlyArray<[string, OptionDefinition]> = Object.entries({ ...options, help: PROGRAM_OPTIONS.help });
  const values = all
    .filter(([, { type }]) => type === 'string')
    .map(([option, { short, completes }]) => {
      const names = short === undefined ? `--${option}` : `--${option}|-${short}`;
      return `        ${names}) ${candidates(completes)}; return ;;`;
    });
  const words = all.map(([option]) => `--${option}`).join(' ');
  const completions = Object.values(given).map(({ completes }) => completes);
  const last = [...new Set(completions)].find((completes) => completes !== undefined && completes !== 'none');
  return `    '${name}')
      case $previous in
${[...values, "        '') ;;"].join('\n')}
      esac
      case $word in
        -*) COMPREPLY=($(compgen -W '${words}' -- "$word")) ;;
        *) ${candidates(last)} ;;
      esac ;;`;
}

function candidates(completes: Completion | undefined): string {
  if (completes === 'folder') return '_stowage_paths -d';
  if (completes === 'file' || completes === 'image') return '_stowage_paths -f';
  if (completes === undefined || completes === 'none') return 'COMPREPLY=()';
  return `COMPREPLY=($(compgen -W '${completes.join(' ')}' -- "$word"))`;
}
