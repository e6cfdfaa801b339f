import { inspect } from 'node:util';
import type { DriverCapabilities, StorageDriver } from '../../core/driver/index.ts';
import { type Members, missingMembers } from './kind-contract.ts';

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

type Flag = Exclude<keyof DriverCapabilities, 'locality' | 'minAppendBytes'>;

const FLAGS: readonly Flag[] = [
  'persistent',
  'shared',
  'atomicMove',
  'strongListing',
  'hidesUncommitted',
  'exclusiveWriters',
  'redirect',
];

/**
 * Everything in which `driver` is not a storage driver, as far as that shows without calling it: what it lacks, and
 * capabilities that cannot be.
 */
export function driverProblems(driver: unknown): string[] {
  const missing = missingMembers('driver', driver, MEMBERS);
  if (missing.length > 0) return missing;
  const { capabilities, redirectUrl } = driver as { readonly capabilities: object; readonly redirectUrl?: unknown };
  return capabilityProblems(
    new Map([...FLAGS, 'locality', 'minAppendBytes'].map((key) => [key, Reflect.get(capabilities, key)])),
    redirectUrl,
  );
}

function capabilityProblems(claims: ReadonlyMap<string, unknown>, redirectUrl: unknown): string[] {
  const problems = FLAGS.filter((flag) => typeof claims.get(flag) !== 'boolean').map(
    (flag) => `capabilities.${flag} must be true or false, found ${show(claims.get(flag))}`,
  );
  const [locality, minAppendBytes] = [claims.get('locality'), claims.get('minAppendBytes')];
  if (locality !== 'local' && locality !== 'remote') {
    problems.push(`capabilities.locality must be "local" or "remote", found ${show(locality)}`);
  }
  if (!Number.isSafeInteger(minAppendBytes) || Number(minAppendBytes) < 0) {
    problems.push(`capabilities.minAppendBytes must be a whole number from 0 on, found ${show(minAppendBytes)}`);
  }
  if (redirectUrl !== undefined && typeof redirectUrl !== 'function') {
    problems.push(`redirectUrl must be a function, found ${show(redirectUrl)}`);
  }
  if (claims.get('redirect') === true && redirectUrl === undefined) {
    problems.push('capabilities.redirect is true, but there is no redirectUrl()');
  }
  return problems;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}
