import type { CommandDescription, Completion, OptionDefinition } from '../command.ts';

/** The completion of fish; words come from the table of commands. */
export function fishCompletion(commands: readonly CommandDescription[]): string {
  return `# fish completion for stowage, made by "stowage completion fish"
function __stowage_needs_word --argument-names count
    set -l words (commandline -opc | string match -v -- '-*')
    test (count $words) -eq $count
end
function __stowage_is
    set -l words (commandline -opc | string match -v -- '-*')
    test "$words[2..$(math 1 + (count $argv))]" = "$argv"
end
complete -c stowage -f
complete -c stowage -n '__stowage_needs_word 1' -s h -l help -d 'print the usage'
complete -c stowage -n '__stowage_needs_word 1' -s v -l version -d 'print the version'
${commands.map(wordLines).join('')}${commands.map(optionLines).join('')}`;
}

function wordLines({ name, summary }: CommandDescription): string {
  const [first = '', second] = name.split(' ');
  const isFirst = `complete -c stowage -n '__stowage_needs_word 1' -a ${first} -d ${quoted(summary)}\n`;
  if (second === undefined) return isFirst;
  const condition = `__stowage_is ${first}; and __stowage_needs_word 2`;
  return `${isFirst}complete -c stowage -n '${condition}' -a ${second} -d ${quoted(summary)}\n`;
}

function optionLines({ name, options, arguments: given }: CommandDescription): string {
  const condition = `-n '__stowage_is ${name}'`;
  const takesFiles = Object.values(given).some(({ completes }) => completes === 'file' || completes === 'image');
  const takesFolders = Object.values(given).some(({ completes }) => completes === 'folder');
  const words = Object.values(given).flatMap(({ completes }) =>
    Array.isArray(completes) ? (completes as string[]) : [],
  );
  return [
    ...(takesFiles ? [`complete -c stowage ${condition} -F\n`] : []),
    ...(takesFolders ? [`complete -c stowage ${condition} -a '(__fish_complete_directories)'\n`] : []),
    ...(words.length > 0 ? [`complete -c stowage ${condition} -a '${words.join(' ')}'\n`] : []),
    ...Object.entries(options).map(([option, definition]) => optionLine(condition, option, definition)),
  ].join('');
}

function optionLine(
  condition: string,
  name: string,
  { short, type, description, completes }: OptionDefinition,
): string {
  const names = short === undefined ? `-l ${name}` : `-s ${short} -l ${name}`;
  const value = type === 'string' ? ` ${valueOf(completes)}` : '';
  return `complete -c stowage ${condition} ${names}${value} -d ${quoted(description)}\n`;
}

function valueOf(completes: Completion | undefined): string {
  if (completes === 'file' || completes === 'image') return '-r -F';
  if (completes === 'folder') return "-x -a '(__fish_complete_directories)'";
  if (completes === undefined || completes === 'none') return '-x';
  return `-x -a '${completes.join(' ')}'`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
