import { isDeepStrictEqual } from 'node:util';
import { describe, type IsPublicOption } from './engine/description.ts';
import { type DocumentedKey, keysOf } from './engine/documented-keys.ts';
import { formatKey } from './engine/problem.ts';
import { type KeptKey, keptKeys } from './engine/protections.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';
import { configurationSchema } from './sections/index.ts';

const KEYS = new Map(documentedKeys().map((documented) => [documented.key, documented]));

/** Every key of the configuration, in the order of the sections. */
export function documentedKeys(): DocumentedKey[] {
  return keysOf(configurationSchema);
}

/** The keys that a variable may change and never take away; those that must have a value in the file come first. */
export function protectedKeys(): (Pick<KeptKey, 'kept'> & { readonly key: string })[] {
  return keptKeys(configurationSchema).map(({ path, kept }) => ({ key: formatKey(path), kept }));
}

/** The keys in which two configurations differ, in dotted form; keys without an effect do not count. */
export function changedKeys(before: LoadedConfiguration, after: LoadedConfiguration): string[] {
  const first = configurationSchema.parse(before.written);
  const second = configurationSchema.parse(after.written);
  return differences(first, second, '').filter((key) => (KEYS.get(key)?.inEffect ?? 'yes') === 'yes');
}

/** The configuration in effect as YAML, with secrets masked; `isPublicOption` says which options of plugins are shown. */
export function describeConfiguration(
  { written }: Pick<LoadedConfiguration, 'written'>,
  isPublicOption: IsPublicOption = () => false,
): string {
  return describe(configurationSchema, written, isPublicOption);
}

function differences(before: unknown, after: unknown, key: string): string[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isSection(before) || !isSection(after)) return [key];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], key === '' ? name : `${key}.${name}`));
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
