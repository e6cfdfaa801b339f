import type { Finding, KeyPath } from '../engine/problem.ts';
import { type ConfigNode, entriesAt, nodeAt, toPlain } from '../engine/tree.ts';
import type { PluginChoice } from './plugin-choice.ts';

/** A section that names a storage in addition to that of the registry, such as `{filesystem: {rootdirectory: …}}`. */
export interface SecondStorage {
  readonly at: KeyPath;
  /** Why it must not be the storage of the registry. */
  readonly notItself: string;
}

/** The storage from which a scrub repairs. */
export const REPLICA: SecondStorage = {
  at: ['storage', 'maintenance', 'scrub', 'replica'],
  notItself: 'is the storage itself, which holds no other copy',
};

/** The storage that is read for what the storage of the registry lacks. */
export const COPY_FROM: SecondStorage = {
  at: ['storage', 'copyfrom'],
  notItself: 'is the storage itself; name the old storage here, and the new one as the driver of storage',
};

/** The driver that the section names; `undefined` without a single name. */
export function secondStorageOf(root: ConfigNode, { at }: SecondStorage): PluginChoice | undefined {
  const [entry, ...others] = entriesAt(root, at);
  if (entry === undefined || others.length > 0) return undefined;
  const [name, node] = entry;
  return { name, options: toPlain(node) ?? {} };
}

/**
 * Refuses more than one driver, and the storage itself.
 * @param driver the driver of the storage
 */
export function checkSecondStorage(
  root: ConfigNode,
  { at, notItself }: SecondStorage,
  driver: string | undefined,
): Finding[] {
  const names = entriesAt(root, at).map(([name]) => name);
  const [name, ...others] = names;
  if (name === undefined) return [];
  if (others.length > 0) {
    return [
      { path: at, message: `${names.length} storage drivers: ${names.join(' and ')}; there must be exactly one` },
    ];
  }
  const plain = (path: KeyPath): string => {
    const node = nodeAt(root, path);
    return JSON.stringify((node && toPlain(node)) ?? {});
  };
  const isItself = name === driver && plain([...at, name]) === plain(['storage', name]);
  return isItself ? [{ path: at, message: notItself }] : [];
}
