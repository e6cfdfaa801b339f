import type { PluginPlace } from '../plugins/plugin-load-error.ts';
import { formatPlace, type KeyPath, type LoadedConfiguration } from './config/index.ts';

/** Lets the plugin loader name the lines of the configuration file. */
export function pluginPlace({ baseFolder, locate }: LoadedConfiguration, at: string): PluginPlace {
  return { at, baseFolder, locate: (keyPath) => formatPlace(locate(toKeyPath(keyPath))) };
}

/** `middleware.storage[0].name` as `['middleware', 'storage', 0, 'name']`. */
function toKeyPath(text: string): KeyPath {
  return Array.from(text.matchAll(/\[(\d+)\]|[^.[\]]+/g), ([word, index]) =>
    index === undefined ? word : Number(index),
  );
}
