/** Plugins that are resolved in the same way. */
export interface PluginFamily {
  /** The name of such a plugin in messages. */
  readonly noun: string;
  /** The prefix of package names. */
  readonly prefix: string;
  /** The plugins that come with Stowage; each loads a module with a default export. */
  readonly builtIn: Readonly<Record<string, () => Promise<unknown>>>;
  /**
   * Names of parts of distribution or of a later version of Stowage, with the reason why each is missing. They are
   * never looked up as packages: anybody could publish one with that name.
   */
  readonly absent?: Readonly<Record<string, string>>;
}

/** The reason why a name is absent. */
export const OF_DISTRIBUTION = 'it exists in distribution, but not in Stowage';

/** The plugins under `plugins:`, of any kind. */
export const ANY_PLUGIN: PluginFamily = { noun: 'plugin', prefix: 'stowage-', builtIn: {} };

/** All known names of a family; those that come with Stowage first. */
export function namesIn({ builtIn, absent = {} }: PluginFamily): string[] {
  return [...Object.keys(builtIn), ...Object.keys(absent)];
}
