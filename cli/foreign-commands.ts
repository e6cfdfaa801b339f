const GARBAGE_COLLECTION =
  'Stowage has no garbage collection of its own yet, and that of distribution works on the same storage: make the ' +
  'registry read-only or stop it, run "registry garbage-collect <config.yml>" or "docker-registry garbage-collect ' +
  '<config.yml>", and restart the registry';

/** Advice for commands of distribution, and for commands that other clients call by another name. */
const FOREIGN_COMMANDS: ReadonlyMap<string, string> = new Map([
  ['garbage-collect', GARBAGE_COLLECTION],
  ['gc', GARBAGE_COLLECTION],
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
