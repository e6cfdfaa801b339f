import type { Finding, KeyPath } from '../engine/problem.ts';
import { type ConfigNode, entriesAt, nodeAt, toPlain } from '../engine/tree.ts';
import type { PluginChoice } from './plugin-choice.ts';

const REPLICA: KeyPath = ['storage', 'maintenance', 'scrub', 'replica'];

/** The storage from which a scrub repairs, such as `{filesystem: {rootdirectory: …}}`; nothing without a single name. */
export function replicaOf(root: ConfigNode): { readonly replica?: PluginChoice } {
  const [entry, ...others] = entriesAt(root, REPLICA);
  if (entry === undefined || others.length > 0) return {};
  const [name, node] = entry;
  return { replica: { name, options: toPlain(node) ?? {} } };
}

/**
 * Refuses more than one replica, and one that is the storage itself.
 * @param driver the driver of the storage
 */
export function checkReplica(root: ConfigNode, driver: string | undefined): Finding[] {
  const names = entriesAt(root, REPLICA).map(([name]) => name);
  const [name, ...others] = names;
  if (name === undefined) return [];
  if (others.length > 0) {
    return [
      { path: REPLICA, message: `${names.length} storage drivers: ${names.join(' and ')}; there must be exactly one` },
    ];
  }
  const plain = (path: KeyPath): string => {
    const node = nodeAt(root, path);
    return JSON.stringify((node && toPlain(node)) ?? {});
  };
  const isItself = name === driver && plain([...REPLICA, name]) === plain(['storage', name]);
  return isItself ? [{ path: REPLICA, message: 'is the storage itself, which holds no other copy' }] : [];
}
