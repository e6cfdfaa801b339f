import type { PluginPlace } from '../plugins/plugin-load-error.ts';
import { formatPlace, type LoadedConfiguration, parseKey } from './config/index.ts';

/** Lets the plugin loader name the lines of the configuration file. */
export function pluginPlace(
  { baseFolder, configuration, locate, variableTexts }: LoadedConfiguration,
  at: string,
): PluginPlace {
  const timeLimitMs = configuration.pluginTimeoutMs;
  const textOf = (keyPath: string): string | undefined => variableTexts.get(keyPath);
  return { at, baseFolder, timeLimitMs, textOf, locate: (keyPath) => formatPlace(locate(parseKey(keyPath))) };
}
