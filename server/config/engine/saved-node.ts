import { type ConfigNode, ListNode, MapNode, ScalarNode } from './tree.ts';

/** A node without its origin, as it survives JSON. */
export type SavedNode =
  | { readonly text: string; readonly value: ScalarNode['value'] }
  | { readonly items: readonly SavedNode[] }
  | { readonly entries: ReadonlyArray<readonly [key: string, node: SavedNode]> };

/** What {@link restoreNode} restores. */
export function saveNode(node: ConfigNode): SavedNode {
  if (node instanceof ScalarNode) return { text: node.text, value: node.value };
  if (node instanceof ListNode) return { items: node.items.map(saveNode) };
  return { entries: [...node.entries].map(([key, value]) => [key, saveNode(value)] as const) };
}

/** The node that was saved; nothing is known of its origin. */
export function restoreNode(saved: SavedNode): ConfigNode {
  if ('text' in saved) return new ScalarNode(saved.value, saved.text, {});
  if ('items' in saved) return new ListNode(saved.items.map(restoreNode), {});
  return new MapNode(new Map(saved.entries.map(([key, node]) => [key, restoreNode(node)])), {});
}
