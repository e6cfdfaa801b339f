import type { BindingModule } from '../core/di.ts';
import type { PluginContext } from '../core/driver/index.ts';
import { PLUGINS } from './builtin.ts';
import { type LoadedDefinition, loadDefinition } from './load-definition.ts';
import { PLUGIN_CONTRACT, type PluginDefinition, type PluginKind } from './plugin.ts';
import { attempt, loadError } from './plugin-in-loading.ts';
import type { PluginPlace } from './plugin-load-error.ts';
import { isOptionsSchema, parseOptions } from './plugin-options.ts';

/** Which plugin is wanted, and where it is configured. */
export interface PluginRequest extends PluginPlace {
  readonly kind: PluginKind;
  /** A built-in name, a package, or a path; see `findPlugin`. */
  readonly name: string;
  /** The plugin's section as the YAML has it. */
  readonly options: unknown;
  readonly warn: PluginContext['warn'];
}

/**
 * Loads a plugin and gives its bindings, ready for a container.
 * @throws PluginLoadError always when there are none
 */
export async function loadPlugin(request: PluginRequest): Promise<BindingModule> {
  const { baseFolder, warn } = request;
  const { loaded, definition, parsed } = await preparePlugin(request);
  const module: unknown = await attempt(loaded, () => definition.module(parsed, { baseFolder, warn }));
  if (isBindingModule(module)) return module;
  throw loadError('wrong-contract', loaded, ['its module() gave no BindingModule']);
}

/**
 * Checks what can be known of a plugin without starting it: that it is there, and that its options are right.
 * @throws PluginLoadError
 */
export async function checkPlugin(request: Omit<PluginRequest, 'warn'>): Promise<void> {
  await preparePlugin(request);
}

interface PreparedPlugin {
  readonly loaded: LoadedDefinition;
  readonly definition: PluginDefinition;
  readonly parsed: unknown;
}

async function preparePlugin(request: Omit<PluginRequest, 'warn'>): Promise<PreparedPlugin> {
  const { kind, name, options } = request;
  const loaded = await loadDefinition(name, { family: PLUGINS[kind], place: request, contract: PLUGIN_CONTRACT });
  const definition = asPluginDefinition(loaded, kind);
  return { loaded, definition, parsed: await parseOptions(loaded, definition.options, options) };
}

function asPluginDefinition(loaded: LoadedDefinition, kind: PluginKind): PluginDefinition {
  const { definition } = loaded;
  const found = 'kind' in definition ? definition.kind : undefined;
  if (found !== kind) {
    const what = found === undefined ? 'has no kind' : `is of the kind ${JSON.stringify(found)}`;
    const fact = 'create' in definition ? 'it is a storage driver' : `it ${what}`;
    throw loadError('not-a-plugin', loaded, [`${fact}; here stands a plugin of the kind "${kind}"`]);
  }
  if (isPluginDefinition(definition)) return definition;
  throw loadError('not-a-plugin', loaded, [
    'a plugin is {kind, name, contract, options, module}; options is a Standard Schema',
  ]);
}

function isPluginDefinition(value: object): value is PluginDefinition {
  return (
    'module' in value &&
    typeof value.module === 'function' &&
    'name' in value &&
    typeof value.name === 'string' &&
    'options' in value &&
    isOptionsSchema(value.options)
  );
}

// By shape: a plugin that brings its own copy of the container has another class of the same form.
function isBindingModule(value: unknown): value is BindingModule {
  return (
    typeof value === 'object' && value !== null && 'load' in value && typeof value.load === 'function' && 'id' in value
  );
}
