import type { PluginPlace } from '../plugins/plugin-load-error.ts';
import { formatPlace, type LoadedConfiguration, parseKey } from './config/index.ts';

/** Lets the plugin loader name the lines of the configuration file. */
export function pluginPlace({ baseFolder, configuration, locate }: LoadedConfiguration, at: string): PluginPlace {
  const timeLimitMs = configuration.pluginTimeoutMs;
  return { at, baseFolder, timeLimitMs, locate: (keyPath) => formatPlace(locate(parseKey(keyPath))) };
}
