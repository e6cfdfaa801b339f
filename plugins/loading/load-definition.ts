import { inspect } from 'node:util';
import type { PluginFamily } from '../kinds/plugin-family.ts';
import { DRIVERS } from '../kinds/storage-driver.ts';
import { attempt, IMPORT_STEP, type LoadStep, loadError } from './load-step.ts';
import type { PluginPlace } from './plugin-load-error.ts';
import { findPlugin } from './resolve.ts';
import { letPluginsFindStowage } from './resolve-own-package.ts';

/** A plugin whose definition has the right contract; the rest of its shape is not checked yet. */
export interface LoadedDefinition extends LoadStep {
  readonly definition: object;
  /** The contract for which it was written. */
  readonly contract: number;
}

/**
 * Finds and imports the plugin `spec`; its default export is of the contract, or of one that is not older than `oldestContract`.
 * @throws PluginLoadError every code but `wrong-options`
 */
export async function loadDefinition(
  spec: string,
  {
    family,
    place,
    contract,
    oldestContract = contract,
  }: {
    readonly family: PluginFamily;
    readonly place: PluginPlace;
    readonly contract: number;
    readonly oldestContract?: number;
  },
): Promise<LoadedDefinition> {
  const { noun } = family;
  letPluginsFindStowage();
  const found = await findPlugin(spec, family, place);
  const plugin: LoadStep = { spec, noun, place, found, givenUp: new AbortController() };
  const module = await attempt(plugin, IMPORT_STEP, plugin.found.load);
  const read = await attempt(plugin, 'reading its definition', () => {
    const exported = definitionOf(module);
    return exported && { definition: exported, version: exported.contract };
  });
  if (read === undefined) {
    throw loadError('not-a-plugin', plugin, [
      `its default export does not define any ${noun}`,
      remedyFor(family),
      exportsOf(module),
    ]);
  }
  const { definition, version } = read;
  if (!isBetween(version, oldestContract, contract)) throw wrongContract(plugin, version, { contract, oldestContract });
  return { ...plugin, definition, contract: version };
}

function isBetween(version: unknown, oldest: number, newest: number): version is number {
  return Number.isInteger(version) && Number(version) >= oldest && Number(version) <= newest;
}

function wrongContract(
  plugin: LoadStep,
  version: unknown,
  { contract, oldestContract }: { readonly contract: number; readonly oldestContract: number },
): Error {
  if (typeof version !== 'number' || !Number.isInteger(version)) {
    return loadError('wrong-contract', plugin, [
      `its contract is ${inspect(version, { depth: 0 })}, this registry has ${contract}`,
      `remedy: set contract to the integer ${contract}, if the plugin was written for it`,
    ]);
  }
  const bridged = oldestContract < contract ? ` and accepts plugins from contract ${oldestContract} on` : '';
  return loadError('wrong-contract', plugin, [
    `it was written for contract ${version}, this registry has ${contract}${bridged}`,
    `remedy: install ${version > contract ? 'a newer Stowage, or an older version of it' : 'a newer version of it'}`,
  ]);
}

function remedyFor(family: PluginFamily): string {
  return family === DRIVERS
    ? 'remedy: export default defineDriver({name, contract, options, create}) from stowage/driver'
    : 'remedy: export default definePlugin({kind, name, contract, options, module}) from stowage/plugin';
}

/** The definition in a module. CommonJS that was compiled from an ES module has its default export one level deeper. */
function definitionOf(module: unknown): Versioned | undefined {
  for (let value = module, depth = 0; depth < 2; depth++) {
    if (typeof value !== 'object' || value === null || !('default' in value)) return undefined;
    value = value.default;
    if (isVersioned(value)) return value;
  }
  return undefined;
}

interface Versioned {
  /** Any value: the author of the plugin wrote it. */
  readonly contract: unknown;
}

/** Whether the value was meant as a definition, even if its contract is missing. */
function isVersioned(value: unknown): value is Versioned {
  if (typeof value !== 'object' || value === null) return false;
  return 'contract' in value || MADE_BY.some((name) => name in value && typeof Reflect.get(value, name) === 'function');
}

/** The methods that create a driver, and the ports of a plugin. */
const MADE_BY = ['create', 'module'] as const;

/** Tells the author what the module exports instead of a definition. */
function exportsOf(module: unknown): string {
  const names = typeof module === 'object' && module !== null ? Object.keys(module) : [];
  if (names.includes('default')) return `its default export is ${oneLine(Reflect.get(Object(module), 'default'))}`;
  return names.length === 0 ? 'it exports nothing' : `it exports only ${firstOf(names)}`;
}

function oneLine(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const keys = Object.keys(value);
    return keys.length === 0 ? 'an object without keys' : `an object with the keys ${firstOf(keys)}`;
  }
  const text = inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: MAX_NAMES });
  const [line = ''] = text.split('\n', 1);
  return line.length === text.length && text.length <= MAX_TEXT ? text : `${line.slice(0, MAX_TEXT)}…`;
}

/** How many names, and how many characters of a value, a message shows. */
const MAX_NAMES = 5;
const MAX_TEXT = 100;

function firstOf(names: readonly string[]): string {
  const others = names.length - MAX_NAMES;
  return others > 0 ? `${names.slice(0, MAX_NAMES).join(', ')} and ${others} more` : names.join(', ');
}
