import type { KeyPath, Origin } from './problem.ts';

/** A value without parts. */
export class ScalarNode {
  readonly value: string | number | boolean | null;
  /** The value as it was spelled, without quotes: `0123` stays `0123` where a text is wanted. */
  readonly text: string;
  readonly origin: Origin;

  constructor(value: string | number | boolean | null, text: string, origin: Origin) {
    this.value = value;
    this.text = text;
    this.origin = origin;
  }
}

/** Values in order. */
export class ListNode {
  readonly items: ConfigNode[];
  readonly origin: Origin;

  constructor(items: ConfigNode[], origin: Origin) {
    this.items = items;
    this.origin = origin;
  }
}

/** Values by key; a value's origin is the line of its key. */
export class MapNode {
  readonly entries: Map<string, ConfigNode>;
  readonly origin: Origin;

  constructor(entries: Map<string, ConfigNode>, origin: Origin) {
    this.entries = entries;
    this.origin = origin;
  }
}

/** A configuration before it is checked: what was written, and where. */
export type ConfigNode = ScalarNode | ListNode | MapNode;

export function isNull(node: ConfigNode | undefined): boolean {
  return node instanceof ScalarNode && node.value === null;
}

/** Whether something is written there: a text that is not empty, or a list or a map with something in it. */
export function isFilled(node: ConfigNode): boolean {
  if (node instanceof ListNode) return node.items.length > 0;
  if (node instanceof MapNode) return node.entries.size > 0;
  return node.value !== null && node.text !== '';
}

/** The node under a path, if the path was written that far. */
export function nodeAt(root: ConfigNode, path: KeyPath): ConfigNode | undefined {
  return path.reduce<ConfigNode | undefined>((node, part) => childOf(node, part), root);
}

/** Where the value under a path was written, or else the nearest thing around it. */
export function originAt(root: ConfigNode, path: KeyPath): Origin {
  let node = root;
  let found: Origin = {};
  for (const part of path) {
    const child = childOf(node, part);
    if (child === undefined) break;
    node = child;
    found = child.origin;
  }
  return found;
}

/** The text of the scalar under a path; `undefined` when it is absent, null or not a scalar. */
export function textAt(root: ConfigNode, path: KeyPath): string | undefined {
  const node = nodeAt(root, path);
  return node instanceof ScalarNode && node.value !== null ? node.text : undefined;
}

/** The entries of the map under a path; none when there is no map. */
export function entriesAt(root: ConfigNode, path: KeyPath): ReadonlyArray<[string, ConfigNode]> {
  const node = nodeAt(root, path);
  return node instanceof MapNode ? [...node.entries] : [];
}

/** The node as plain values. */
export function toPlain(node: ConfigNode): unknown {
  if (node instanceof ScalarNode) return node.value;
  if (node instanceof ListNode) return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, toPlain(value)]));
}

/** The tree with another node under a path, or with none; what is not on the path is shared. */
export function withNode(root: MapNode, [key, ...below]: KeyPath, node: ConfigNode | undefined): MapNode {
  if (key === undefined) return root;
  const entries = new Map(root.entries);
  const child = entries.get(String(key));
  const inner = child instanceof MapNode ? child : new MapNode(new Map(), root.origin);
  const next = below.length === 0 ? node : withNode(inner, below, node);
  if (next === undefined) entries.delete(String(key));
  else entries.set(String(key), next);
  return new MapNode(entries, root.origin);
}

function childOf(node: ConfigNode | undefined, part: string | number): ConfigNode | undefined {
  if (node instanceof MapNode) return node.entries.get(String(part));
  if (node instanceof ListNode && typeof part === 'number') return node.items[part];
  return undefined;
}
