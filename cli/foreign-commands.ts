/** Advice for commands that other clients call by another name. */
const FOREIGN_COMMANDS: ReadonlyMap<string, string> = new Map([
  ...Object.entries({
    catalog: 'ls',
    cp: 'copy',
    delete: 'rm',
    images: 'ls',
    list: 'ls',
    'list-tags': 'tags',
    start: 'serve',
    version: '--version',
  }).map(([name, own]) => [name, `unknown command "${name}"; use "stowage ${own}"`] as const),
]);

/** What to do instead of a command of another program; `undefined` for all other words. */
export function foreignCommand(word: string): string | undefined {
  return FOREIGN_COMMANDS.get(word);
}
