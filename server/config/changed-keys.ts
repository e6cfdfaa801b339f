import { isDeepStrictEqual } from 'node:util';
import { GoRegExp } from './go-regexp.ts';
import { documentedKeys } from './key-table.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';
import { configurationSchema } from './schema.ts';

const IDLE_KEYS = new Set(documentedKeys().flatMap(({ key, inEffect }) => (inEffect === 'yes' ? [] : [key])));

/** The keys of which two configurations say something different, in dotted form; keys that nothing acts on do not count. */
export function changedKeys(before: LoadedConfiguration, after: LoadedConfiguration): string[] {
  const first = configurationSchema.parse(before.written);
  const second = configurationSchema.parse(after.written);
  return differences(first, second, '').filter((key) => !IDLE_KEYS.has(key));
}

function differences(before: unknown, after: unknown, key: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [key];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], key === '' ? name : `${key}.${name}`));
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof GoRegExp);
}
