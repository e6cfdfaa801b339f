import { extensionRoot, RESERVED_ROOTS } from '../../core/api/extension-root.ts';
import type { LoadedPlugin } from './load-plugin.ts';
import { loadError } from './load-step.ts';

/**
 * Checks that every route of an extension can be reached.
 * @throws PluginLoadError `conflict` for a path that two extensions use, that belongs to the registry, or that one extension
 * has twice
 */
export function checkExtensions(plugins: readonly LoadedPlugin[]): void {
  const owners = new Map<string, string>();
  for (const { plugin, ports } of plugins) {
    const extension = ports['route-extension'];
    if (extension === undefined) continue;
    const root = extensionRoot(extension);
    if (RESERVED_ROOTS.includes(root)) {
      throw loadError('conflict', plugin, [`it is mounted at ${root}, which belongs to the registry`]);
    }
    const owner = owners.get(root);
    if (owner !== undefined)
      throw loadError('conflict', plugin, [`the routes below ${root} already belong to ${owner}`]);
    owners.set(root, plugin.place.at);
    const paths = new Map<string, string>();
    for (const { path } of extension.routes) {
      const form = path.replaceAll(/<(?!name>)[a-z]+>/g, '<>');
      const same = paths.get(form);
      if (same !== undefined) throw loadError('conflict', plugin, [`its routes "${same}" and "${path}" are the same`]);
      paths.set(form, path);
    }
  }
}
