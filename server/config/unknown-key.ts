import type { z } from 'zod';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { AUTH_NAMES, DRIVER_NAMES } from './known-names.ts';
import { formatKey, type KeyPath } from './problem.ts';
import { configurationSchema } from './schema.ts';
import { type Structure, structureOf } from './structure.ts';

/** More keys than these are no help. */
const MAX_LISTED = 16;

/** What to say of a key that the section under `path` does not have. */
export function unknownKey(path: KeyPath, key: string): string {
  const home = homeOf(key);
  if (home !== undefined) return `unknown key here, its place is ${home}`;
  const known = Object.keys(shapeAt(path));
  return `unknown key${didYouMean(key, known) || list(known)}`;
}

function list(known: readonly string[]): string {
  return known.length > 0 && known.length <= MAX_LISTED ? `; known here: ${known.join(', ')}` : '';
}

/** The only place in the configuration where a key of this name belongs, if there is only one. */
function homeOf(key: string): string | undefined {
  const names: readonly KeyPath[] = [
    ...AUTH_NAMES.map((name) => ['auth', name]),
    ...DRIVER_NAMES.map((name) => ['storage', name]),
  ];
  const homes = [...names, ...placesIn(configurationSchema, [])].filter((path) => path.at(-1) === key.toLowerCase());
  const [home] = homes;
  return homes.length === 1 && home !== undefined ? formatKey(home) : undefined;
}

/** The paths of all keys outside of lists that mean something. */
function placesIn(schema: z.ZodType, path: KeyPath): KeyPath[] {
  const structure = structureOf(schema);
  if (structure.kind !== 'section') return [];
  return Object.entries(structure.shape).flatMap(([key, child]) => {
    if (structureOf(child).gone) return [];
    const place = [...path, key];
    return [place, ...placesIn(child, place)];
  });
}

function shapeAt(path: KeyPath): Readonly<Record<string, z.ZodType>> {
  let structure: Structure | undefined = structureOf(configurationSchema);
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
