import { type DriverDefinition, guardDriver, type StorageDriver } from '../core/driver/index.ts';
import type { ConfiguredStore } from './driver-case.ts';

/**
 * Opens a store as a registry does: imports the driver's module, parses the options, creates the driver.
 * @returns the driver behind the guard
 * @throws Error that says which of these steps failed and why
 */
export async function openStore({ module, options, baseFolder }: ConfiguredStore): Promise<StorageDriver> {
  const definition = definitionIn(await import(module));
  if (definition === undefined) throw new Error(`${module} does not default-export a storage driver`);
  const result = await definition.options['~standard'].validate(options);
  if (result.issues !== undefined) {
    const problems = result.issues.map(({ path = [], message }) => `${path.map(nameOf).join('.')}: ${message}`);
    throw new Error(`the driver refuses its options: ${problems.join('; ')}`);
  }
  return guardDriver(await definition.create(result.value, { baseFolder, warn: () => undefined }));
}

function nameOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}

/** In CommonJS that was compiled from an ES module, the default export is one level deeper. */
function definitionIn(module: unknown): DriverDefinition | undefined {
  for (let value = module, depth = 0; depth < 2; depth++) {
    if (typeof value !== 'object' || value === null || !('default' in value)) return undefined;
    value = value.default;
    if (isDefinition(value)) return value;
  }
  return undefined;
}

function isDefinition(value: unknown): value is DriverDefinition {
  if (typeof value !== 'object' || value === null || !('create' in value) || !('options' in value)) return false;
  return typeof value.create === 'function' && typeof value.options === 'object' && value.options !== null;
}
