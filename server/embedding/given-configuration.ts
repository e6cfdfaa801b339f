import { type Environment, type LoadedConfiguration, loadConfiguration } from '../config/index.ts';

/** The content of a configuration file as an object, with the same keys. `version` may be left out. */
export type ConfigurationObject = Readonly<Record<string, unknown>>;

/** What a program gives in place of a file. */
export interface GivenConfiguration {
  readonly configuration: ConfigurationObject;
  /** Its name in messages. */
  readonly name: string;
  readonly env: Environment;
}

/**
 * Checks a configuration that a program gives as an object. Relative paths start at the working directory.
 * @throws ConfigurationError with every problem
 */
export function loadGiven({ configuration, name, env }: GivenConfiguration): Promise<LoadedConfiguration> {
  // JSON is YAML, too.
  return loadConfiguration({ path: name, text: JSON.stringify({ version: 0.1, ...configuration }), env });
}
