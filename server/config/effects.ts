import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { findIdleRedis } from './check-redis.ts';
import { findIdleTls } from './check-tls.ts';
import { type Finding, formatKey, type KeyPath } from './problem.ts';
import { FLAG } from './scalars.ts';
import { type Structure, structureOf } from './structure.ts';
import { type ConfigNode, isNull, ListNode, MapNode, nodeAt, ScalarNode, textAt } from './tree.ts';

/** What a valid configuration says that will not happen, or not as its author may think. */
export interface Effects {
  /** Keys that are set to something other than their default and that nothing acts on yet. */
  readonly notYetInEffect: readonly string[];
  readonly warnings: readonly Finding[];
}

/** Looks at every key that was written. */
export function findEffects(root: MapNode, schema: z.ZodType): Effects {
  const notYetInEffect: string[] = [];
  const warnings: Finding[] = [];
  const visit = (part: z.ZodType, node: ConfigNode, path: KeyPath, later: boolean): void => {
    const structure = structureOf(part);
    // What is set there has stopped the start.
    if (structure.stops !== undefined) return;
    if (structure.kind === 'section' && node instanceof MapNode) {
      for (const [key, value] of node.entries) {
        const child = Object.hasOwn(structure.shape, key) ? structure.shape[key] : undefined;
        if (child !== undefined && !isNull(value))
          visit(child, value, [...path, key], later || structure.later === true);
      }
      return;
    }
    const message = warningFor(structure, node);
    if (message !== undefined) warnings.push({ path, message });
    if (structure.gone === undefined && isIgnored(part, node, later)) notYetInEffect.push(formatKey(path));
  };
  visit(schema, root, [], false);
  return {
    notYetInEffect,
    warnings: [
      ...warnings,
      ...findIdleTls(root),
      ...findIdleRedis(root),
      ...idleMetrics(root),
      ...misspeltFrequency(root),
    ],
  };
}

function isIgnored(schema: z.ZodType, node: ConfigNode, later: boolean): boolean {
  const structure = structureOf(schema);
  if (node instanceof ScalarNode && structure.laterValues?.includes(node.text.toLowerCase())) return true;
  if (!later && structure.later !== true) return false;
  return !isDeepStrictEqual(schema.safeParse(node).data, schema.safeParse(undefined).data);
}

function warningFor(structure: Structure, node: ConfigNode): string | undefined {
  if (structure.gone === true) return 'has no effect since distribution 3; remove it';
  if (structure.gone !== undefined) return structure.gone;
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

/** Metrics without the server that shows them. */
function idleMetrics(root: ConfigNode): Finding[] {
  const path = ['http', 'debug', 'prometheus', 'enabled'];
  const node = nodeAt(root, path);
  if (!(node instanceof ScalarNode) || node.value !== true || textAt(root, ['http', 'debug', 'addr'])) return [];
  return [{ path, message: 'has no effect: without http.debug.addr there is no server that shows metrics' }];
}

/** The option of the cloudfront middleware whose name distribution once misspelt. */
function misspeltFrequency(root: ConfigNode): Finding[] {
  const list = nodeAt(root, ['middleware', 'storage']);
  if (!(list instanceof ListNode)) return [];
  return list.items.flatMap((_, index) => {
    const path = ['middleware', 'storage', index, 'options', 'updatefrenquency'];
    return nodeAt(root, path) === undefined ? [] : [{ path, message: 'is deprecated, use updatefrequency' }];
  });
}
