import type { LoadedPlugin } from './load-plugin.ts';
import { loadError } from './load-step.ts';

/**
 * Checks that every route of an extension can be reached.
 * @throws PluginLoadError `conflict` for a name that two extensions have, or a path that one extension has twice
 */
export function checkExtensions(plugins: readonly LoadedPlugin[]): void {
  const owners = new Map<string, string>();
  for (const { plugin, ports } of plugins) {
    const extension = ports['route-extension'];
    if (extension === undefined) continue;
    const owner = owners.get(extension.name);
    if (owner !== undefined) {
      throw loadError('conflict', plugin, [`the routes /v2/_ext/${extension.name} are those of ${owner} already`]);
    }
    owners.set(extension.name, plugin.place.at);
    const paths = new Map<string, string>();
    for (const { path } of extension.routes) {
      const form = path.replaceAll(/<(?!name>)[a-z]+>/g, '<>');
      const same = paths.get(form);
      if (same !== undefined) throw loadError('conflict', plugin, [`its routes "${same}" and "${path}" are the same`]);
      paths.set(form, path);
    }
  }
}
