import type { PluginPlace } from '../plugins/plugin-load-error.ts';
import { formatPlace, type KeyPath, type LoadedConfiguration } from './config/index.ts';

/** Lets the plugin loader name the lines of the configuration file. */
export function pluginPlace({ baseFolder, configuration, locate }: LoadedConfiguration, at: string): PluginPlace {
  const timeLimitMs = configuration.pluginTimeoutMs;
  return { at, baseFolder, timeLimitMs, locate: (keyPath) => formatPlace(locate(toKeyPath(keyPath))) };
}

/** `middleware.storage[0].name` as `['middleware', 'storage', 0, 'name']`. */
function toKeyPath(text: string): KeyPath {
  return Array.from(text.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([word, index]) =>
    index === undefined ? word : Number(index),
  );
}
