import type { KeyPath } from './problem.ts';
import { isNull, MapNode, nodeAt } from './tree.ts';

/** Old keys and the keys that took their place; the new one wins when both are set. */
const ALIASES: ReadonlyArray<readonly [from: KeyPath, to: KeyPath]> = [
  [['loglevel'], ['log', 'level']],
  [
    ['storage', 'cache', 'layerinfo'],
    ['storage', 'cache', 'blobdescriptor'],
  ],
  [
    ['redis', 'tls', 'clientcas'],
    ['redis', 'tls', 'rootcas'],
  ],
];

/** Moves what stands under an old key to its new one. */
export function moveAliases(root: MapNode): void {
  for (const [from, to] of ALIASES) {
    const node = nodeAt(root, from);
    if (node === undefined) continue;
    const present = nodeAt(root, to);
    parentOf(root, from).entries.delete(String(from.at(-1)));
    if (present === undefined || isNull(present)) parentOf(root, to).entries.set(String(to.at(-1)), node);
  }
}

/** The map around a key, made if there is none. */
function parentOf(root: MapNode, path: KeyPath): MapNode {
  return path.slice(0, -1).reduce<MapNode>((map, part) => {
    const child = map.entries.get(String(part));
    if (child instanceof MapNode) return child;
    const made = new MapNode(new Map(), map.origin);
    map.entries.set(String(part), made);
    return made;
  }, root);
}
