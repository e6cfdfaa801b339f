import type { z } from 'zod';
import type { Finding, KeyPath } from './problem.ts';
import { type KeyNotes, structureOf } from './schema.ts';
import { type ConfigNode, entriesAt, isFilled, isNull, nodeAt, textAt } from './tree.ts';

/** Something that the file gives and a variable must not take away, and where. */
export interface Protection {
  readonly path: KeyPath;
  readonly place: string;
  /** Whether an entry of another name may take its place, as another storage driver does. */
  readonly isReplaceable: boolean;
}

/** A key that is kept, as its schema says. */
export interface KeptKey {
  readonly path: KeyPath;
  readonly kept: NonNullable<KeyNotes['kept']>;
}

/** Whether a key, or what was meant to be one, decides on access or safety. */
export function isGuarded(schema: z.ZodType, path: KeyPath): boolean {
  return isInGuarded(schema, path) || path.some((part) => /^auth|htpasswd|readonly/.test(String(part)));
}

/** What the file gives before the variables are applied. */
export function protectionsOf(
  root: ConfigNode,
  schema: z.ZodType,
  formatOrigin: (path: KeyPath) => string,
): Protection[] {
  const keys = keptKeys(schema).map(({ path }) => ({ path, isReplaceable: false }));
  const entries = keptEntries(root, schema, []).map((path) => ({ path, isReplaceable: true }));
  return [...keys, ...entries]
    .filter(({ path }) => isProtecting(root, path))
    .map(({ path, isReplaceable }) => ({ path, isReplaceable, place: formatOrigin(path) }));
}

/** Protections that are written without a value, and those of the file that a variable has taken away. */
export function checkProtections(root: ConfigNode, schema: z.ZodType, given: readonly Protection[]): Finding[] {
  const empty = keptKeys(schema).filter(({ path, kept }) => {
    const node = nodeAt(root, path);
    if (kept === 'set' || node === undefined || node.origin.variable !== undefined) return false;
    return isNull(node) || (kept === 'filled' && !isFilled(node));
  });
  const lost = given.filter(({ path, isReplaceable }) => {
    const node = nodeAt(root, path);
    if (isReplaceable) return node !== undefined && !isFilled(node);
    return node === undefined || (!isFilled(node) && !isExplicit(path, node));
  });
  const outermost = lost.filter(({ path }) => !lost.some((other) => isAround(other.path, path)));
  return [
    ...empty.map(({ path }) => ({ path, message: 'has no value; give it one, or remove the key' })),
    ...outermost.map(({ path, place }) => ({
      path,
      message: `is set in the file (${place}), and this variable would take it away; change the file instead`,
    })),
  ];
}

/** The kept keys; those that must have a value come first. */
export function keptKeys(schema: z.ZodType): KeptKey[] {
  const keys = keptBelow(schema, []);
  return [...keys.filter(({ kept }) => kept !== 'set'), ...keys.filter(({ kept }) => kept === 'set')];
}

function keptBelow(schema: z.ZodType, path: KeyPath): KeptKey[] {
  const structure = structureOf(schema);
  const here = structure.kept === undefined ? [] : [{ path, kept: structure.kept }];
  if (structure.kind !== 'section') return here;
  return [...here, ...Object.entries(structure.shape).flatMap(([key, child]) => keptBelow(child, [...path, key]))];
}

/** The entries with free names that are kept, as those of `storage` are: without its options, a driver opens an empty place. */
function keptEntries(root: ConfigNode, schema: z.ZodType, path: KeyPath): KeyPath[] {
  const structure = structureOf(schema);
  if (structure.kind !== 'section') return [];
  const { shape, rest } = structure;
  const isKept = rest !== undefined && structureOf(rest).kept !== undefined;
  const free = isKept ? entriesAt(root, path).filter(([key]) => !Object.hasOwn(shape, key)) : [];
  return [
    ...free.map(([key]) => [...path, key]),
    ...Object.entries(shape).flatMap(([key, child]) => keptEntries(root, child, [...path, key])),
  ];
}

function isInGuarded(schema: z.ZodType, [key, ...below]: KeyPath): boolean {
  const structure = structureOf(schema);
  if (structure.guarded === true) return true;
  if (structure.kind !== 'section' || typeof key !== 'string' || !Object.hasOwn(structure.shape, key)) return false;
  const child = structure.shape[key];
  return child !== undefined && isInGuarded(child, below);
}

function isProtecting(root: ConfigNode, path: KeyPath): boolean {
  const node = nodeAt(root, path);
  if (node === undefined || !isFilled(node)) return false;
  return path.at(-1) !== 'enabled' || textAt(root, path)?.toLowerCase() !== 'false';
}

/** The check of the section refuses `auth: {}` and the like. */
function isExplicit(path: KeyPath, node: ConfigNode): boolean {
  return path[0] === 'auth' || node.origin.variable === undefined;
}

function isAround(outer: KeyPath, inner: KeyPath): boolean {
  return outer.length < inner.length && outer.every((part, index) => part === inner[index]);
}
