import type { z } from 'zod';
import { configurationSchema } from './schema.ts';
import { type Structure, structureOf } from './structure.ts';

/** A key as the documentation shows it. */
export interface DocumentedKey {
  /** Dotted; `[]` stands for the items of a list. */
  readonly key: string;
  readonly type: string;
  /** As it would be written in the file; empty when there is none. */
  readonly defaultText: string;
  readonly about: string;
  readonly inEffect: 'yes' | 'not yet' | 'not yet: stops the start' | 'never';
}

/** Every key of the schema, in its order. */
export function documentedKeys(): DocumentedKey[] {
  return keysBelow(configurationSchema, '', {});
}

/** The keys as a Markdown table. */
export function keyTable(): string {
  const rows = documentedKeys().map(
    ({ key, type, defaultText, about, inEffect }) =>
      `| \`${key}\` | ${type} | ${defaultText === '' ? '' : `\`${defaultText}\``} | ${about} | ${inEffect} |`,
  );
  return ['| key | type | default | meaning | in effect |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** What holds for all keys below one. */
interface Inherited {
  readonly later?: boolean;
  readonly stops?: boolean;
}

function keysBelow(schema: z.ZodType, prefix: string, above: Inherited): DocumentedKey[] {
  const structure = structureOf(schema);
  const here = {
    later: above.later === true || structure.later === true,
    stops: above.stops === true || structure.stops !== undefined,
  };
  if (structure.kind === 'section') {
    const before = prefix === '' ? '' : `${prefix}.`;
    return Object.entries(structure.shape).flatMap(([key, child]) => keysBelow(child, `${before}${key}`, here));
  }
  const items = structure.kind === 'list' ? structureOf(structure.element) : undefined;
  const below =
    structure.kind === 'list' && items?.kind === 'section' ? keysBelow(structure.element, `${prefix}[]`, here) : [];
  const inEffect = effectOf(structure, here);
  const defaultText = structure.default ?? '';
  return [{ key: prefix, type: typeName(structure), defaultText, about: meaning(structure), inEffect }, ...below];
}

function effectOf({ gone }: Structure, { later, stops }: Inherited): DocumentedKey['inEffect'] {
  if (gone) return 'never';
  if (stops) return 'not yet: stops the start';
  return later ? 'not yet' : 'yes';
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

function meaning({ about, deprecated, laterValues, variable }: Structure): string {
  return [
    about ?? '',
    ...(deprecated === undefined ? [] : [`deprecated, use \`${deprecated}\``]),
    ...(laterValues ?? []).map((value) => `\`${value}\` is accepted but not in effect yet`),
    ...(variable === undefined ? [] : [`\`${variable.toUpperCase()}\` in variables`]),
  ].join('; ');
}
