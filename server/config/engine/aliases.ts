import type { z } from 'zod';
import { type KeyPath, parseKey } from './problem.ts';
import { structureOf } from './schema.ts';
import { isNull, MapNode, nodeAt } from './tree.ts';

/** Moves what stands under an old key to the key to use instead, which wins when both have a value. */
export function moveAliases(root: MapNode, schema: z.ZodType): void {
  for (const [from, to] of aliasesIn(schema, [])) {
    const node = nodeAt(root, from);
    if (node === undefined) continue;
    const present = nodeAt(root, to);
    parentOf(root, from).entries.delete(String(from.at(-1)));
    if (present === undefined || isNull(present)) parentOf(root, to).entries.set(String(to.at(-1)), node);
  }
}

function aliasesIn(schema: z.ZodType, path: KeyPath): [from: KeyPath, to: KeyPath][] {
  const structure = structureOf(schema);
  if (structure.kind === 'section') {
    return Object.entries(structure.shape).flatMap(([key, child]) => aliasesIn(child, [...path, key]));
  }
  const { deprecated, moves } = structure;
  return moves === true && deprecated !== undefined ? [[path, parseKey(deprecated)]] : [];
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
