import type { KeyPath } from './engine/problem.ts';
import { MapNode, ScalarNode } from './engine/tree.ts';

/**
 * The configuration without the sections that have problems, so that its plugins can be checked as well. No registry runs
 * with it.
 * @param driver the key of the storage driver, when there is exactly one
 */
export function salvage(root: MapNode, wrong: readonly KeyPath[], driver: string | undefined): MapNode {
  const isRight = (...path: string[]): boolean =>
    !wrong.some((other) => path.every((part, index) => other.length <= index || part === other[index]));
  const entries = new Map([...root.entries].filter(([key]) => key !== 'storage' && key !== 'version' && isRight(key)));
  const storage = root.entries.get('storage');
  const options = driver !== undefined && storage instanceof MapNode ? storage.entries.get(driver) : undefined;
  const isUsable = driver !== undefined && options !== undefined && isRight('storage', driver);
  entries.set('version', new ScalarNode('0.1', '0.1', {}));
  entries.set(
    'storage',
    new MapNode(
      new Map([isUsable ? [driver, options] : ['inmemory', new MapNode(new Map(), root.origin)]]),
      storage?.origin ?? root.origin,
    ),
  );
  return new MapNode(entries, root.origin);
}
