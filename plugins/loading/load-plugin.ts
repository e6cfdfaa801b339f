import type { OptionsSchema, PluginContext } from '../../core/driver/index.ts';
import { KINDS, kindOf } from '../kinds/index.ts';
import { ANY_PLUGIN } from '../kinds/plugin-family.ts';
import { PLUGIN_CONTRACT, type PluginDefinition, type PluginKind, type PluginPorts } from '../plugin.ts';
import { bridgePorts, OLDEST_PLUGIN_CONTRACT } from './bridge-ports.ts';
import { portsOf } from './collect-ports.ts';
import { hiddenTexts, hiding } from './hidden-options.ts';
import { type LoadedDefinition, loadDefinition } from './load-definition.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';
import type { PluginPlace } from './plugin-load-error.ts';
import { isOptionsSchema, parseOptions } from './plugin-options.ts';
import { containerFor, type PluginServices } from './plugin-services.ts';

/** The plugin to load, and where it is configured. */
export interface PluginRequest extends PluginPlace {
  /** Without it, a plugin of any kind. */
  readonly kind?: PluginKind | undefined;
  /** A built-in name, a package, or a path; see `findPlugin`. */
  readonly name: string;
  /** The plugin's section, as it stands in the YAML. */
  readonly options: unknown;
  readonly warn: PluginContext['warn'];
  readonly debug?: PluginContext['debug'];
  /** What its classes can inject. Default: nothing. */
  readonly services?: PluginServices | undefined;
}

/** A plugin that is ready. */
export interface LoadedPlugin<Kind extends PluginKind = never> {
  /** For errors about it. */
  readonly plugin: LoadStep;
  readonly kind: PluginKind;
  /** What it has bound, always including the port of its kind. */
  readonly ports: Partial<PluginPorts> & Pick<PluginPorts, Kind>;
}

/**
 * Loads a plugin.
 * @returns what it binds
 * @throws PluginLoadError whenever it is not ready
 */
export function loadPlugin<Kind extends PluginKind>(
  request: PluginRequest & { readonly kind: Kind },
): Promise<LoadedPlugin<Kind>>;
export function loadPlugin(request: PluginRequest): Promise<LoadedPlugin>;
export async function loadPlugin(request: PluginRequest): Promise<LoadedPlugin> {
  const { baseFolder, warn, debug, services } = request;
  const { loaded, definition, parsed } = await preparePlugin(request);
  const module: unknown = await attempt(loaded, 'module()', () =>
    definition.module(parsed, {
      baseFolder,
      warn: hiding(warn, loaded.hidden),
      debug: debug && hiding(debug, loaded.hidden),
      signal: loaded.givenUp.signal,
    }),
  );
  const container = containerFor({ name: definition.name, hidden: loaded.hidden }, services);
  const ports = await portsOf(module, definition.kind, { plugin: loaded, container });
  return { plugin: loaded, kind: definition.kind, ports: bridgePorts(ports, loaded.contract) };
}

/**
 * Checks a plugin without starting it: that it exists, and that its options are valid.
 * @returns the schema of its options
 * @throws PluginLoadError
 */
export async function checkPlugin(request: Omit<PluginRequest, 'warn'>): Promise<OptionsSchema<unknown>> {
  return (await preparePlugin(request)).definition.options;
}

interface PreparedPlugin {
  readonly loaded: LoadedDefinition & Required<Pick<LoadStep, 'hidden'>>;
  readonly definition: PluginDefinition;
  readonly parsed: unknown;
}

async function preparePlugin(request: Omit<PluginRequest, 'warn'>): Promise<PreparedPlugin> {
  const { kind, name, options } = request;
  const family = kind === undefined ? ANY_PLUGIN : KINDS[kind];
  const found = await loadDefinition(name, {
    family,
    place: request,
    contract: PLUGIN_CONTRACT,
    oldestContract: OLDEST_PLUGIN_CONTRACT,
  });
  const definition = await attempt(found, 'reading its definition', () => asPluginDefinition(found, kind));
  const loaded = { ...found, hidden: hiddenTexts(options, definition.options) };
  return { loaded, definition, parsed: await parseOptions(loaded, definition.options, options) };
}

function asPluginDefinition(loaded: LoadedDefinition, kind: PluginKind | undefined): PluginDefinition {
  const { definition } = loaded;
  const found: unknown = 'kind' in definition ? definition.kind : undefined;
  if (kindOf(found) === undefined || (kind !== undefined && found !== kind)) throw wrongKind(loaded, kind, found);
  if (isPluginDefinition(definition)) return definition;
  throw loadError('not-a-plugin', loaded, [
    'a plugin is {kind, name, contract, options, module}; options is a Standard Schema',
  ]);
}

function wrongKind(loaded: LoadedDefinition, wanted: PluginKind | undefined, found: unknown): Error {
  if ('create' in loaded.definition) {
    return loadError('not-a-plugin', loaded, [
      `it is a storage driver; ${wanted === undefined ? 'name it under storage:' : here(wanted)}`,
    ]);
  }
  const what = found === undefined ? 'has no kind' : `is of the kind ${JSON.stringify(found)}`;
  return loadError('not-a-plugin', loaded, [`it ${what}; ${here(wanted)}`]);
}

function here(wanted: PluginKind | undefined): string {
  return wanted === undefined
    ? `the kinds are ${Object.keys(KINDS).sort().join(', ')}`
    : `this key takes a plugin of the kind "${wanted}"`;
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
