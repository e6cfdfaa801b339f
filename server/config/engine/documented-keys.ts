import type { z } from 'zod';
import { type Structure, structureOf } from './schema.ts';

/** A key as the documentation shows it. */
export interface DocumentedKey {
  /** Dotted; `[]` stands for the items of a list. */
  readonly key: string;
  readonly type: string;
  /** As it would be written in the file; empty when there is none. */
  readonly defaultText: string;
  readonly description: string;
  readonly inEffect: 'yes' | 'not yet' | 'not yet: stops the start' | 'never';
  /** Whether a running registry takes over a change of it. */
  readonly reloads: boolean;
}

/** Every key of a schema, in its order. */
export function keysOf(schema: z.ZodType): DocumentedKey[] {
  return keysBelow(schema, '', { notYet: false, stops: false });
}

/** What holds for all keys below one. */
interface Inherited {
  readonly notYet: boolean;
  readonly stops: boolean;
}

function keysBelow(schema: z.ZodType, prefix: string, above: Inherited): DocumentedKey[] {
  const structure = structureOf(schema);
  const here = {
    notYet: above.notYet || structure.notYet === true,
    stops: above.stops || structure.stops !== undefined,
  };
  if (structure.kind === 'section') {
    const before = prefix === '' ? '' : `${prefix}.`;
    const below = Object.entries(structure.shape).flatMap(([key, child]) => keysBelow(child, `${before}${key}`, here));
    // Free names are keys as well, which only the section itself describes.
    const isKey = structure.rest !== undefined && structure.description !== undefined;
    return isKey ? [documented(prefix, structure, here), ...below] : below;
  }
  const items = structure.kind === 'list' ? structureOf(structure.element) : undefined;
  const below =
    structure.kind === 'list' && items?.kind === 'section' ? keysBelow(structure.element, `${prefix}[]`, here) : [];
  return [documented(prefix, structure, here), ...below];
}

function documented(key: string, structure: Structure, here: Inherited): DocumentedKey {
  return {
    key,
    type: typeName(structure),
    defaultText: structure.default ?? '',
    description: meaning(structure),
    inEffect: effectOf(structure, here),
    reloads: structure.reloads === true,
  };
}

function effectOf({ removed }: Structure, { notYet, stops }: Inherited): DocumentedKey['inEffect'] {
  if (removed) return 'never';
  if (stops) return 'not yet: stops the start';
  return notYet ? 'not yet' : 'yes';
}

function typeName(structure: Structure): string {
  switch (structure.kind) {
    case 'scalar':
      return structure.type;
    case 'list':
      return `list of ${typeName(structureOf(structure.element))}`;
    case 'map':
      return `names with ${typeName(structureOf(structure.value))}`;
    case 'section':
      return 'sections';
    case 'anything':
      return 'anything';
  }
}

function meaning({ description, deprecated, notYetValues, variable }: Structure): string {
  return [
    description ?? '',
    ...(deprecated === undefined ? [] : [`deprecated, use \`${deprecated}\``]),
    ...(notYetValues ?? []).map((value) => `\`${value}\` is accepted but not in effect yet`),
    ...(variable === undefined ? [] : [`\`${variable.toUpperCase()}\` in variables`]),
  ].join('; ');
}
