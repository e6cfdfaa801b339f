import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { type Finding, formatKey, type KeyPath, parseKey } from './problem.ts';
import { FLAG } from './scalars.ts';
import { type Structure, structureOf } from './schema.ts';
import { type ConfigNode, isFilled, isNull, ListNode, MapNode, nodeAt, ScalarNode } from './tree.ts';

/** Settings that this version cannot honour and must not ignore: one message each. */
export function findStops(root: MapNode, schema: z.ZodType): Finding[] {
  const findings: Finding[] = [];
  const visit = (part: z.ZodType, node: ConfigNode, path: KeyPath): void => {
    const structure = structureOf(part);
    if (structure.stops !== undefined) {
      if (isMeant(structure, node)) findings.push({ path, message: structure.stops });
    } else if (structure.kind === 'section' && node instanceof MapNode) {
      for (const [key, value] of node.entries) {
        const child = Object.hasOwn(structure.shape, key) ? structure.shape[key] : undefined;
        if (child !== undefined) visit(child, value, [...path, key]);
      }
    }
  };
  visit(schema, root, []);
  return findings;
}

function isMeant({ stopsWhenEmpty }: Structure, node: ConfigNode): boolean {
  const isOfFile = node.origin.variable === undefined;
  return (stopsWhenEmpty === true && isOfFile) || isInUse(node);
}

function isInUse(node: ConfigNode): boolean {
  if (node instanceof MapNode) {
    const disabled = nodeAt(node, ['disabled']);
    const isDisabled = disabled !== undefined && 'text' in disabled && disabled.text.toLowerCase() === 'true';
    return !isDisabled && [...node.entries.values()].some(isInUse);
  }
  return node instanceof ListNode ? node.items.some(isInUse) : isFilled(node);
}

/** Settings of a valid configuration that have no effect, or not the one that its author may expect. */
export interface Effects {
  /** Keys that are set to something other than their default and that nothing acts on yet. */
  readonly notYetInEffect: readonly string[];
  readonly warnings: readonly Finding[];
}

/** Examines every key that was written. */
export function findEffects(root: MapNode, schema: z.ZodType): Effects {
  const notYetInEffect: string[] = [];
  const warnings: Finding[] = [];
  const visit = (part: z.ZodType, node: ConfigNode, path: KeyPath, isNotYet: boolean): void => {
    const structure = structureOf(part);
    // A value there has stopped the start.
    if (structure.stops !== undefined) return;
    if (structure.kind === 'section' && node instanceof MapNode) {
      for (const [key, value] of node.entries) {
        const child = Object.hasOwn(structure.shape, key) ? structure.shape[key] : undefined;
        if (child !== undefined && !isNull(value)) {
          visit(child, value, [...path, key], isNotYet || structure.notYet === true);
        }
      }
      return;
    }
    const message = warningFor(structure, node);
    if (message !== undefined) warnings.push({ path, message });
    if (structure.removed === undefined && isIgnored(part, node, isNotYet)) notYetInEffect.push(formatKey(path));
  };
  visit(schema, root, [], false);
  return { notYetInEffect, warnings };
}

function isIgnored(schema: z.ZodType, node: ConfigNode, isNotYet: boolean): boolean {
  const structure = structureOf(schema);
  if (node instanceof ScalarNode && structure.notYetValues?.includes(node.text.toLowerCase())) return true;
  if (!isNotYet && structure.notYet !== true) return false;
  return !isDeepStrictEqual(schema.safeParse(node).data, schema.safeParse(undefined).data);
}

function warningFor(structure: Structure, node: ConfigNode): string | undefined {
  if (structure.removed === true) return 'has no effect since distribution 3; remove it';
  if (structure.removed !== undefined) return structure.removed;
  if (structure.deprecated !== undefined) return `is deprecated, use ${structure.deprecated}`;
  const value = node instanceof ScalarNode ? node.value : undefined;
  if (structure.kind === 'scalar' && structure.type === FLAG && typeof value === 'string') {
    return `${value} in quotation marks is taken for what it says; leave them out`;
  }
  const isShort = typeof value === 'number' && value > 0 && value < 1e6;
  if (structure.kind === 'scalar' && structure.type === 'duration' && isShort) {
    return `${value} without a unit means nanoseconds; write ${value}s for seconds`;
  }
  return undefined;
}

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

/** The map around a key, created if it is absent. */
function parentOf(root: MapNode, path: KeyPath): MapNode {
  return path.slice(0, -1).reduce<MapNode>((map, part) => {
    const child = map.entries.get(String(part));
    if (child instanceof MapNode) return child;
    const made = new MapNode(new Map(), map.origin);
    map.entries.set(String(part), made);
    return made;
  }, root);
}
