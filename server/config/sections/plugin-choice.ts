import { suggest } from '../../../plugins/loading/suggest.ts';
import type { Finding, KeyPath } from '../engine/problem.ts';
import { type ConfigNode, ListNode, MapNode, nodeAt, ScalarNode, toPlain } from '../engine/tree.ts';

/** A plugin by its name in the file, with options that only its own schema understands. */
export interface PluginChoice {
  readonly name: string;
  readonly options: unknown;
}

/** A plugin in a list. */
export interface ListedPlugin extends PluginChoice {
  /** Its key, for example `middleware.storage[0]`. */
  readonly at: string;
}

/** A name counts as mistyped only if it has this many letters for each that differs from a known one. */
const LETTERS_PER_MISTAKE = 4;

/** The entry of a section whose key names a plugin. */
export function toChoice(root: ConfigNode, section: string, name: string): PluginChoice {
  const node = nodeAt(root, [section, name]);
  return { name, options: (node && toPlain(node)) ?? {} };
}

/** Expands a section that is only a name: `storage: inmemory` means `storage: {inmemory: {}}`. */
export function expandBareName(root: MapNode, section: string): void {
  const node = root.entries.get(section);
  if (!(node instanceof ScalarNode) || node.value === null || node.text === '') return;
  const choice = new MapNode(new Map(), node.origin);
  root.entries.set(section, new MapNode(new Map([[node.text, choice]]), node.origin));
}

/** Expands the plain value of a section to that of one of its keys: `embedded: true` means `embedded: {enabled: true}`. */
export function expandPlainValue(root: MapNode, path: KeyPath, key: string): void {
  const [parent, node] = [nodeAt(root, path.slice(0, -1)), nodeAt(root, path)];
  if (!(parent instanceof MapNode && node instanceof ScalarNode) || node.value === null) return;
  parent.entries.set(String(path.at(-1)), new MapNode(new Map([[key, node]]), node.origin));
}

/** Expands a plain value in the place of a list to a list of one. */
export function expandSingleItem(root: MapNode, path: KeyPath): void {
  const [parent, node] = [nodeAt(root, path.slice(0, -1)), nodeAt(root, path)];
  if (!(parent instanceof MapNode && node instanceof ScalarNode) || node.value === null) return;
  parent.entries.set(String(path.at(-1)), new ListNode([node], node.origin));
}

/** Names that are probably mistyped; paths and package names never are. */
export function mistypedNames(section: string, names: readonly string[], known: readonly string[]): Finding[] {
  return names.flatMap((name) => {
    if (known.includes(name) || /[/@\\]/.test(name)) return [];
    const meant = suggest(name, known, LETTERS_PER_MISTAKE);
    return meant === undefined ? [] : [{ path: [section, name], message: `unknown key, did you mean "${meant}"?` }];
  });
}

/** Where several names stand. */
interface SeveralNames {
  readonly section: string;
  readonly what: string;
  readonly known: readonly string[];
  readonly formatOrigin: (path: KeyPath) => string;
}

/** Refuses more than one name in a section that takes one. */
export function severalNames(
  names: readonly string[],
  { section, what, known, formatOrigin }: SeveralNames,
): Finding[] {
  if (names.length < 2) return [];
  const places = names.map((name) => `${name} (${formatOrigin([section, name])})`);
  const hints = names.flatMap((name) => {
    const meant = known.includes(name) ? undefined : suggest(name, known);
    return meant === undefined ? [] : [`; is "${name}" meant to be "${meant}"?`];
  });
  const message = `${names.length} ${what}: ${places.join(' and ')}; there must be exactly one${hints.join('')}`;
  return [{ path: [section, names.at(-1) ?? ''], message }];
}
