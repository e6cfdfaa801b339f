import {
  DRIVER_CONTRACT,
  type DriverDefinition,
  type DriverObserver,
  guardDriver,
  type InspectContext,
  type OptionsSchema,
  type PluginContext,
  type StorageDriver,
  type StoreNote,
} from '../../core/driver/index.ts';
import { DRIVERS, driverProblems } from '../kinds/storage-driver.ts';
import { disposeLate } from './dispose-late.ts';
import { hiddenTexts, hiding } from './hidden-options.ts';
import { type LoadedDefinition, loadDefinition } from './load-definition.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';
import type { PluginPlace } from './plugin-load-error.ts';
import { isOptionsSchema, parseOptions } from './plugin-options.ts';

/** Where the driver is configured, and what it may use. */
export interface DriverPlace extends PluginPlace {
  readonly warn: PluginContext['warn'];
  readonly debug?: PluginContext['debug'];
  /** Called for each finished call. */
  readonly observe?: DriverObserver | undefined;
}

/**
 * Creates the storage driver that the configuration names, behind the guard.
 * @param name a built-in name, a package, or a path; see `findPlugin`
 * @param options the driver's section, as it stands in the YAML
 * @throws PluginLoadError when the driver cannot be found, loaded or created
 */
export async function loadDriver(name: string, options: unknown, place: DriverPlace): Promise<StorageDriver> {
  const { loaded, definition, parsed } = await prepareDriver(name, options, place);
  const context = contextFor(loaded, place);
  const driver: unknown = await attempt(loaded, 'create()', async () => {
    const created = await definition.create(parsed, context);
    if (loaded.givenUp.signal.aborted) await disposeLate(created);
    return created;
  });
  const problems = await attempt(loaded, 'checking its driver', () => driverProblems(driver));
  if (problems.length > 0) throw loadError('broken-contract', loaded, problems);
  // It was just checked to have everything that a driver needs.
  return guardDriver(driver as StorageDriver, place.observe);
}

/**
 * Checks a driver without creating it: that it exists, and that its options are valid.
 * @returns the schema of its options
 * @throws PluginLoadError
 */
export async function checkDriver(name: string, options: unknown, place: PluginPlace): Promise<OptionsSchema<unknown>> {
  return (await prepareDriver(name, options, place)).definition.options;
}

/**
 * Lets the driver check whether its store can be used; nothing is created or changed.
 * @returns `false` when this driver has no `inspect`
 * @throws PluginLoadError always when the store cannot be used
 */
export async function inspectStore(
  name: string,
  options: unknown,
  { writes, mustExist = false, ...place }: DriverPlace & Pick<InspectContext, 'writes' | 'mustExist'>,
): Promise<boolean> {
  const { loaded, definition, parsed } = await prepareDriver(name, options, place);
  const context = contextFor(loaded, place);
  if (definition.inspect === undefined) return false;
  await attempt(loaded, 'inspect()', () => definition.inspect?.(parsed, { ...context, writes, mustExist }));
  return true;
}

/**
 * Asks the driver what an operator should know about its store, which exists.
 * @returns `undefined` when this driver has no `diagnose`
 * @throws PluginLoadError when this process should not write to the store
 */
export async function diagnoseStore(
  name: string,
  options: unknown,
  { writes, ...place }: DriverPlace & Pick<InspectContext, 'writes'>,
): Promise<readonly StoreNote[] | undefined> {
  const { loaded, definition, parsed } = await prepareDriver(name, options, place);
  const context = { ...contextFor(loaded, place), writes, mustExist: true };
  return attempt(loaded, 'diagnose()', async () => definition.diagnose?.(parsed, context));
}

function contextFor(
  { hidden = [], givenUp: { signal } }: LoadStep,
  { baseFolder, warn, debug }: Omit<DriverPlace, 'observe'>,
): PluginContext {
  return { baseFolder, warn: hiding(warn, hidden), debug: debug && hiding(debug, hidden), signal };
}

interface PreparedDriver {
  readonly loaded: LoadedDefinition;
  readonly definition: DriverDefinition;
  readonly parsed: unknown;
}

async function prepareDriver(name: string, options: unknown, place: PluginPlace): Promise<PreparedDriver> {
  const found = await loadDefinition(name, { family: DRIVERS, place, contract: DRIVER_CONTRACT });
  const definition = await attempt(found, 'reading its definition', () => asDriverDefinition(found));
  const loaded = { ...found, hidden: hiddenTexts(options, definition.options) };
  return { loaded, definition, parsed: await parseOptions(loaded, definition.options, options) };
}

function asDriverDefinition(loaded: LoadedDefinition): DriverDefinition {
  const { definition } = loaded;
  if (isDriverDefinition(definition)) return definition;
  const fact =
    'kind' in definition
      ? `it is a plugin of the kind ${JSON.stringify(definition.kind)}, not a storage driver`
      : 'a storage driver is {name, contract, options, create}; options is a Standard Schema';
  throw loadError('not-a-plugin', loaded, [fact]);
}

function isDriverDefinition(value: object): value is DriverDefinition {
  return (
    'create' in value &&
    typeof value.create === 'function' &&
    'name' in value &&
    typeof value.name === 'string' &&
    'options' in value &&
    isOptionsSchema(value.options)
  );
}
