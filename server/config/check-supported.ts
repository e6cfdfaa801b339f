import type { z } from 'zod';
import type { Finding, KeyPath } from './problem.ts';
import { structureOf } from './structure.ts';
import { type ConfigNode, isFilled, ListNode, MapNode, nodeAt } from './tree.ts';

/** What this version cannot do and a registry must not start without, one sentence each. */
export function checkSupported(root: MapNode, schema: z.ZodType): Finding[] {
  const findings: Finding[] = [];
  const visit = (part: z.ZodType, node: ConfigNode, path: KeyPath): void => {
    const structure = structureOf(part);
    if (structure.stops !== undefined) {
      if (isMeant(node, path)) findings.push({ path, message: structure.stops });
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

/** A file that has the section `proxy` means a mirror, even where its address was left empty. */
function isMeant(node: ConfigNode, path: KeyPath): boolean {
  const isOfFile = node.origin.variable === undefined;
  return (path[0] === 'proxy' && isOfFile) || isInUse(node);
}

function isInUse(node: ConfigNode): boolean {
  if (node instanceof MapNode) {
    const disabled = nodeAt(node, ['disabled']);
    const isDisabled = disabled !== undefined && 'text' in disabled && disabled.text.toLowerCase() === 'true';
    return !isDisabled && [...node.entries.values()].some(isInUse);
  }
  return node instanceof ListNode ? node.items.some(isInUse) : isFilled(node);
}
