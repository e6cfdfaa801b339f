import type { z } from 'zod';
import { didYouMean } from '../../../plugins/loading/suggest.ts';
import { formatKey, type KeyPath } from './problem.ts';
import { type Structure, structureOf } from './schema.ts';

/** Longer lists of keys are not printed. */
const MAX_LISTED = 16;

/** The message for a key that the section under `path` does not have. */
export function unknownKey(schema: z.ZodType, path: KeyPath, key: string): string {
  const home = homeOf(schema, key);
  if (home !== undefined) return `unknown key here, its place is ${home}`;
  const known = Object.keys(shapeAt(schema, path));
  return `unknown key${didYouMean(key, known) || list(known)}`;
}

function list(known: readonly string[]): string {
  return known.length > 0 && known.length <= MAX_LISTED ? `; known here: ${known.join(', ')}` : '';
}

/** The place in the configuration where a key of this name belongs, if there is only one that is not deeper than others. */
function homeOf(schema: z.ZodType, key: string): string | undefined {
  const places = placesIn(schema, []).filter((path) => path.at(-1) === key.toLowerCase());
  const depth = Math.min(...places.map(({ length }) => length));
  const [home, ...others] = places.filter(({ length }) => length === depth);
  return others.length === 0 && home !== undefined ? formatKey(home) : undefined;
}

/** The paths of all keys outside of lists that mean something, with the known names where names are free. */
function placesIn(schema: z.ZodType, path: KeyPath): KeyPath[] {
  const structure = structureOf(schema);
  const names = (structure.names ?? []).map((name) => [...path, name]);
  if (structure.kind !== 'section') return names;
  const keys = Object.entries(structure.shape).flatMap(([key, child]) => {
    if (structureOf(child).removed) return [];
    const place = [...path, key];
    return [place, ...placesIn(child, place)];
  });
  return [...names, ...keys];
}

function shapeAt(schema: z.ZodType, path: KeyPath): Readonly<Record<string, z.ZodType>> {
  let structure: Structure | undefined = structureOf(schema);
  for (const part of path) {
    const child: z.ZodType | undefined = structure && childSchema(structure, part);
    structure = child && structureOf(child);
  }
  return structure?.kind === 'section' ? structure.shape : {};
}

function childSchema(structure: Structure, part: string | number): z.ZodType | undefined {
  if (structure.kind === 'section')
    return Object.hasOwn(structure.shape, part) ? structure.shape[part] : structure.rest;
  if (structure.kind === 'list') return structure.element;
  return structure.kind === 'map' ? structure.value : undefined;
}
