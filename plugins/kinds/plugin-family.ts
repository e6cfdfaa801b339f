/** Plugins that are looked for in the same way. */
export interface PluginFamily {
  /** What one of them is called in messages. */
  readonly noun: string;
  /** What the name of a package begins with. */
  readonly prefix: string;
  /** Those that come with Stowage; each gives a module with a default export. */
  readonly builtIn: Readonly<Record<string, () => Promise<unknown>>>;
  /**
   * Names of parts of distribution or of a later Stowage, with the reason why each is missing. None is looked for among
   * packages: a stranger could publish one of that name.
   */
  readonly absent?: Readonly<Record<string, string>>;
}

/** Why a name is absent. */
export const OF_DISTRIBUTION = 'it is one of distribution that Stowage does not have';

/** What `plugins:` names: plugins of any kind. */
export const ANY_PLUGIN: PluginFamily = { noun: 'plugin', prefix: 'stowage-', builtIn: {} };

/** Every name that is known in a family, first those that come with Stowage. */
export function namesIn({ builtIn, absent = {} }: PluginFamily): string[] {
  return [...Object.keys(builtIn), ...Object.keys(absent)];
}
