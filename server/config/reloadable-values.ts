import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { formatKey, type KeyPath, parseKey } from './engine/problem.ts';
import { restoreNode, type SavedNode, saveNode } from './engine/saved-node.ts';
import { structureOf } from './engine/schema.ts';
import { isNull, nodeAt, ScalarNode, withNode } from './engine/tree.ts';
import type { LoadedConfiguration } from './loaded-configuration.ts';
import { configurationSchema, toConfiguration } from './sections/index.ts';

/**
 * What a configuration says under the keys that are marked `reloads`, by dotted key. A key that it does not set is absent.
 * Survives JSON.
 */
export type ReloadableValues = Readonly<Record<string, SavedNode>>;

interface ReloadableKey {
  readonly path: KeyPath;
  readonly schema: z.ZodType;
}

const RELOADABLE = new Map(reloadableBelow(configurationSchema, []).map((key) => [formatKey(key.path), key]));

/** The keys that are marked `reloads`, in the order of the sections. */
export const RELOADABLE_KEYS: readonly string[] = [...RELOADABLE.keys()];

/** Whether a running registry takes over a change of a key (dotted). */
export function isReloadable(key: string): boolean {
  const path = parseKey(key);
  return path.some((_part, index) => RELOADABLE.has(formatKey(path.slice(0, index + 1))));
}

/** What a configuration says under the keys that reload. */
export function reloadableValues({ written }: Pick<LoadedConfiguration, 'written'>): ReloadableValues {
  const values = [...RELOADABLE].flatMap(([key, { path }]) => {
    const node = nodeAt(written, path);
    return node === undefined || isNull(node) ? [] : [[key, saveNode(node)] as const];
  });
  return Object.fromEntries(values);
}

/** The configuration with these values, and without a value under any other key that reloads. */
export function withReloadableValues(loaded: LoadedConfiguration, values: ReloadableValues): LoadedConfiguration {
  if (isDeepStrictEqual(reloadableValues(loaded), values)) return loaded;
  let { written } = loaded;
  for (const [key, { path }] of RELOADABLE) written = withNode(written, path, nodeOf(values[key]));
  return { ...loaded, written, configuration: toConfiguration(configurationSchema.parse(written), written) };
}

/** The value of a key that reloads, as its schema reads it: its default where it is not set. */
export function readValue(values: ReloadableValues, key: string): unknown {
  return RELOADABLE.get(key)?.schema.parse(nodeOf(values[key]));
}

/** A text as a value. */
export function valueOfText(text: string): SavedNode {
  return saveNode(new ScalarNode(text, text, {}));
}

function nodeOf(saved: SavedNode | undefined): ReturnType<typeof restoreNode> | undefined {
  return saved && restoreNode(saved);
}

function reloadableBelow(schema: z.ZodType, path: KeyPath): ReloadableKey[] {
  const structure = structureOf(schema);
  // A section with the mark is taken over as a whole: its keys mean nothing alone.
  if (structure.kind === 'section' && structure.reloads !== true) {
    return Object.entries(structure.shape).flatMap(([key, child]) => reloadableBelow(child, [...path, key]));
  }
  return structure.reloads === true ? [{ path, schema }] : [];
}
