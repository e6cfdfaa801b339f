import {
  ConfigurationError,
  type Environment,
  type LoadedConfiguration,
  loadConfiguration,
} from '../../../../server/config/index.ts';

/** The smallest valid configuration, two lines long. */
export const MINIMAL = 'version: 0.1\nstorage: {inmemory: {}}\n';

/** Loads a text as `config.yml`. */
export function load(text: string, env: Environment = {}): Promise<LoadedConfiguration> {
  return loadConfiguration({ path: 'config.yml', text, env });
}

/** The lines of the error with which a text is refused; none when it is accepted. */
export async function problemsOf(text: string, env: Environment = {}): Promise<string[]> {
  try {
    await load(text, env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.message.split('\n');
  }
}
