import type { PluginPlace } from '../../plugins/loading/plugin-load-error.ts';
import { formatPlace, type LoadedConfiguration, parseKey, secretsIn } from '../config/index.ts';

/** Lets the plugin loader name the lines of the configuration file. */
export function pluginPlace(
  { baseFolder, configuration, locate, variableTexts, written }: LoadedConfiguration,
  at: string,
): PluginPlace {
  const timeLimitMs = configuration.pluginTimeoutMs;
  const textOf = (keyPath: string): string | undefined => variableTexts.get(keyPath);
  const secrets = secretsIn(written);
  return { at, baseFolder, timeLimitMs, textOf, secrets, locate: (keyPath) => formatPlace(locate(parseKey(keyPath))) };
}
