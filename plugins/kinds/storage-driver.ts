import { inspect } from 'node:util';
import { capabilityProblems, type StorageDriver } from '../../core/driver/index.ts';
import { BUILTIN_DRIVERS, type BuiltinDriver, MISSING_DRIVERS } from '../../drivers/builtin-drivers.ts';
import { type Members, missingMembers } from './kind-contract.ts';
import type { PluginFamily } from './plugin-family.ts';

/** How drivers are resolved. */
export function driverFamily(drivers: readonly BuiltinDriver[]): PluginFamily {
  const named = drivers.flatMap(({ name, aliases = [], load }) =>
    [name, ...aliases].map((key) => [key, load] as const),
  );
  return {
    noun: 'storage driver',
    prefix: 'stowage-driver-',
    builtIn: Object.fromEntries(named),
    absent: MISSING_DRIVERS,
  };
}

/** The drivers under `storage:`. */
export const DRIVERS: PluginFamily = driverFamily(BUILTIN_DRIVERS);

const MEMBERS: Members = new Map<keyof StorageDriver, 'string' | 'object' | 'function'>([
  ['name', 'string'],
  ['capabilities', 'object'],
  ['stat', 'function'],
  ['read', 'function'],
  ['write', 'function'],
  ['openWriter', 'function'],
  ['list', 'function'],
  ['move', 'function'],
  ['delete', 'function'],
  [Symbol.asyncDispose, 'function'],
]);

/**
 * All reasons why `driver` is not a storage driver, as far as they show without calling it: missing members, and
 * impossible capabilities.
 */
export function driverProblems(driver: unknown): string[] {
  const missing = missingMembers('driver', driver, MEMBERS);
  if (missing.length > 0) return missing;
  const { capabilities, redirectUrl } = driver as { readonly capabilities: object; readonly redirectUrl?: unknown };
  const problems = capabilityProblems(capabilities);
  if (redirectUrl !== undefined && typeof redirectUrl !== 'function') {
    problems.push(`redirectUrl must be a function, found ${inspect(redirectUrl, { depth: 0, breakLength: Infinity })}`);
  }
  if (Reflect.get(capabilities, 'redirect') === true && redirectUrl === undefined) {
    problems.push('capabilities.redirect is true, but redirectUrl() is missing');
  }
  return problems;
}
