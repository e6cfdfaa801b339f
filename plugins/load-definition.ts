import { DRIVERS, type PluginFamily } from './builtin.ts';
import { attempt, loadError, type PluginInLoading } from './plugin-in-loading.ts';
import type { PluginPlace } from './plugin-load-error.ts';
import { findPlugin } from './resolve.ts';
import { letPluginsFindStowage } from './stowage-for-plugins.ts';

/** A plugin whose definition is of the right contract; the rest of its shape is still unknown. */
export interface LoadedDefinition extends PluginInLoading {
  readonly definition: object;
}

/**
 * Finds and imports the plugin `spec`; its default export is of this version of the contract.
 * @throws PluginLoadError every code but `wrong-options`
 */
export async function loadDefinition(
  spec: string,
  {
    family,
    place,
    contract,
  }: { readonly family: PluginFamily; readonly place: PluginPlace; readonly contract: number },
): Promise<LoadedDefinition> {
  const { noun } = family;
  letPluginsFindStowage();
  const plugin: PluginInLoading = { spec, noun, place, found: await findPlugin(spec, family, place) };
  const definition = definitionOf(await attempt(plugin, 'importing it', plugin.found.load));
  if (definition === undefined) {
    throw loadError('not-a-plugin', plugin, [`its default export does not define any ${noun}`, remedyFor(family)]);
  }
  if (definition.contract !== contract) {
    const newer = definition.contract > contract;
    throw loadError('wrong-contract', plugin, [
      `it was written for contract ${definition.contract}, this Stowage has contract ${contract}`,
      `remedy: install ${newer ? 'a newer Stowage, or an older version of it' : 'a newer version of it'}`,
    ]);
  }
  return { ...plugin, definition };
}

function remedyFor(family: PluginFamily): string {
  return family === DRIVERS
    ? 'remedy: export default defineDriver({name, contract, options, create}) of stowage/driver'
    : 'remedy: export default definePlugin({kind, name, contract, options, module}) of stowage/plugin';
}

/** The definition in a module; CommonJS that was compiled from an ES module has its default export one deeper. */
function definitionOf(module: unknown): { readonly contract: number } | undefined {
  for (let value = module, depth = 0; depth < 2; depth++) {
    if (typeof value !== 'object' || value === null || !('default' in value)) return undefined;
    value = value.default;
    if (isVersioned(value)) return value;
  }
  return undefined;
}

function isVersioned(value: unknown): value is { readonly contract: number } {
  return typeof value === 'object' && value !== null && 'contract' in value && typeof value.contract === 'number';
}
