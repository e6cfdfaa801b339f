import { type KeyPath, parseKey } from './engine/problem.ts';
import { type ConfigNode, ListNode, MapNode, nodeAt, ScalarNode, withNode } from './engine/tree.ts';
import type { Configuration } from './sections/index.ts';
import type { ListedPlugin } from './sections/plugin-choice.ts';

/** Lists whose items are looked at one by one, with the key that every item must have. */
const LISTS: ReadonlyArray<readonly [path: KeyPath, nameKey: string]> = [
  [['plugins'], 'use'],
  [['middleware', 'registry'], 'name'],
  [['middleware', 'repository'], 'name'],
  [['middleware', 'storage'], 'name'],
];

/**
 * The configuration without what has problems, so that its plugins and files can be checked as well. Of a section that
 * is not right, what stays are the right items of lists of plugins, and `http.tls`. No registry runs with it.
 * @param driver the key of the storage driver, when there is exactly one
 */
export function salvage(root: MapNode, wrong: readonly KeyPath[], driver: string | undefined): MapNode {
  const right = [...root.entries].filter(([key]) => key !== 'storage' && isRight(wrong, [key]));
  let rest = new MapNode(new Map(right), root.origin);
  for (const [path, nameKey] of LISTS) {
    const list = nodeAt(root, path);
    const isUsable = !wrong.some((other) => other.length <= path.length && isWithin(path, other));
    if (list instanceof ListNode && isUsable) rest = withNode(rest, path, withStandIns(list, { path, nameKey, wrong }));
  }
  if (isRight(wrong, ['http', 'tls'])) rest = withNode(rest, ['http', 'tls'], nodeAt(root, ['http', 'tls']));
  rest = withNode(rest, ['version'], new ScalarNode('0.1', '0.1', {}));
  return withNode(rest, ['storage'], salvageStorage(root, wrong, driver));
}

function salvageStorage(root: MapNode, wrong: readonly KeyPath[], driver: string | undefined): MapNode {
  const storage = root.entries.get('storage');
  const options = driver !== undefined && storage instanceof MapNode ? storage.entries.get(driver) : undefined;
  const isUsable = driver !== undefined && options !== undefined && isRight(wrong, ['storage', driver]);
  const choice: [string, ConfigNode] = isUsable ? [driver, options] : ['inmemory', new MapNode(new Map(), root.origin)];
  return new MapNode(new Map([choice]), storage?.origin ?? root.origin);
}

/** A configuration without the stand-ins that {@link salvage} has put in the place of wrong items. */
export function withoutStandIns(configuration: Configuration, wrong: readonly KeyPath[]): Configuration {
  const right = <Item extends ListedPlugin>(items: readonly Item[]): readonly Item[] =>
    items.filter(({ at }) => isRight(wrong, parseKey(at)));
  const { plugins, registryWrappers, storage } = configuration;
  return {
    ...configuration,
    plugins: right(plugins),
    registryWrappers: right(registryWrappers),
    storage: { ...storage, wrappers: right(storage.wrappers) },
  };
}

/** The list with another item in the place of each wrong one, because messages name items by their number. */
function withStandIns(
  list: ListNode,
  { path, nameKey, wrong }: { readonly path: KeyPath; readonly nameKey: string; readonly wrong: readonly KeyPath[] },
): ListNode {
  const items = list.items.map((item, index) => {
    if (isRight(wrong, [...path, index])) return item;
    return new MapNode(new Map([[nameKey, new ScalarNode('wrong', 'wrong', item.origin)]]), item.origin);
  });
  return new ListNode(items, list.origin);
}

/** Whether nothing is wrong with the value under a path, with any part of it, or with what is around it. */
function isRight(wrong: readonly KeyPath[], path: KeyPath): boolean {
  return !wrong.some((other) => isWithin(path, other) || isWithin(other, path));
}

function isWithin(path: KeyPath, around: KeyPath): boolean {
  return around.length <= path.length && around.every((part, index) => part === path[index]);
}
