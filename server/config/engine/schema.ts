import { z } from 'zod';
import type { KeyPath } from './problem.ts';
import { readYaml } from './read-yaml.ts';
import { isSecretPath, withoutPairs, withoutUser } from './secrets.ts';
import { type ConfigNode, isNull, ListNode, MapNode, ScalarNode, toPlain } from './tree.ts';

/** A schema that reads a node of the tree. */
export type Schema<T> = z.ZodType<T>;

/** The keys of a section. */
export type Shape = Readonly<Record<string, z.ZodType>>;

/** The properties of a key in addition to its type. */
export interface KeyNotes {
  /** Its meaning, in one sentence without the full stop. */
  readonly description?: string;
  /** The default, spelled as in the file; without one the key is optional. */
  readonly default?: string;
  /** Accepted and checked, but nothing acts on it yet; holds for the keys below as well. */
  readonly notYet?: true;
  /** Values that are accepted but not acted on yet, of a key that is in effect. */
  readonly notYetValues?: readonly string[];
  /**
   * Why nothing starts where it is set: this version cannot do it, and without it the registry would be another one.
   */
  readonly stops?: string;
  /** Of a section that stops the start: it does so as soon as a file has it, even when all of it is empty. */
  readonly stopsWhenEmpty?: true;
  /** The name in environment variables, where it is not the key itself. */
  readonly variable?: string;
  /** The key to use instead, in dotted form; using the old one gives a warning. */
  readonly deprecated?: string;
  /** Of a deprecated key: its value moves to the key to use instead, unless that one has a value. */
  readonly moves?: true;
  /**
   * A key of other registries that will never have an effect; files with it must still start. A text replaces the
   * warning.
   */
  readonly removed?: true | string;
  /**
   * A running registry takes over a change of the key. What requests read (`HttpSettings`) needs no more than this
   * mark; for any other part, `server/lifecycle/live-settings.ts` says how it takes the value.
   */
  readonly reloads?: true;
  /** Decides on access or safety: a variable that names no key in it stops the start instead of being ignored. */
  readonly guarded?: true;
  /**
   * A variable may replace what the file says here, and never take it away: without it the registry would be more open.
   * `valued`: in the file, the key must not stand without a value either; `filled`: nor with an empty text.
   */
  readonly kept?: 'set' | 'valued' | 'filled';
  /** Of a section with free names: those that are known, to tell where a misplaced one belongs. */
  readonly names?: readonly string[];
}

/** What a schema is made of; environment variables, documentation and suggestions follow it. */
export type Structure = KeyNotes & {
  /** Without a default, leaving it out means something else than leaving all of its keys out. */
  readonly isOptional?: true;
} & (
    | { readonly kind: 'section'; readonly shape: Shape; readonly rest?: z.ZodType }
    | { readonly kind: 'list'; readonly element: z.ZodType }
    | { readonly kind: 'map'; readonly value: z.ZodType }
    | { readonly kind: 'scalar'; readonly type: string }
    | {
        readonly kind: 'anything';
        /** Only keys and values may come, which a plugin understands. */
        readonly isSection?: true;
      }
  );

const STRUCTURES = new WeakMap<z.ZodType, Structure>();

/** The structure of a schema that was made in this file. */
export function structureOf(schema: z.ZodType): Structure {
  const structure = STRUCTURES.get(schema);
  if (structure === undefined) throw new Error('every part of the configuration schema needs a structure');
  return structure;
}

/**
 * A value that is refused; the message says what was expected. The value found is kept apart from the message, because
 * the value of a secret key is never shown.
 */
export class BadValue extends Error {
  /** The value in words, as {@link quote} writes it; absent when the message says everything. */
  readonly found: string | undefined;

  constructor(message: string, found?: string) {
    super(message);
    this.found = found;
  }

  /** The message about the value under a path. */
  messageAt(path: KeyPath): string {
    const isHidden = this.found?.startsWith('"') === true && isSecretPath(path);
    return this.found === undefined || isHidden ? this.message : `${this.message}, found ${this.found}`;
  }
}

/** A value for a message: in quotation marks, without the credentials of a URL, and not longer than a line. */
export function quote(text: string): string {
  const shown = withoutPairs(withoutUser(text));
  return JSON.stringify(shown.length > MAX_QUOTED ? `${shown.slice(0, MAX_QUOTED)}…` : shown);
}

const MAX_QUOTED = 200;

/** A scalar. `type` names it in messages ("expected duration, found a list") and in the documentation. */
export function scalar<T>(type: string, parse: (node: ScalarNode) => T): Schema<T> {
  return made(
    { kind: 'scalar', type },
    reading(type, (node) => parse(asScalar(node, type))),
  );
}

/** Whatever the file says, as plain values, for a plugin's own schema. */
export const anything: Schema<unknown> = made({ kind: 'anything' }, reading('a value', toPlain));

/** Whatever the file says, unless `check` throws {@link BadValue}. */
export function checked(check: (node: ConfigNode) => void): Schema<unknown> {
  return made(
    { kind: 'anything' },
    reading('a value', (node) => {
      check(node);
      return toPlain(node);
    }),
  );
}

/** Keys and values of a plugin; nothing at all counts as no keys. */
export const options: Schema<unknown> = made(
  { kind: 'anything', isSection: true },
  reading('a section', (node) => {
    if (isNull(node)) return {};
    // What stands there instead may be a secret of the plugin.
    if (node instanceof ScalarNode) throw new BadValue('expected a section with keys', 'a plain value');
    return toPlain(asMap(node));
  }),
);

/**
 * A section in which an unknown key is an error, unless `rest` takes it. A known key without a value counts as absent.
 * @param shortKey the key that a plain value in the place of the section is probably meant for, for the message
 */
export function section<S extends Shape>(
  shape: S,
  rest?: z.ZodType,
  shortKey?: string,
): Schema<z.output<z.ZodObject<S>>> {
  const entries = reading<unknown>('a section', (node) => {
    if (shortKey !== undefined && node instanceof ScalarNode && node.value !== null && node.text !== '') {
      throw new BadValue(`expected a section with keys such as ${shortKey}: ${quote(node.text)}`, 'a plain value');
    }
    return Object.fromEntries(
      [...asMap(node).entries].filter(([key, value]) => !(Object.hasOwn(shape, key) && isNull(value))),
    );
  });
  const object = z.object(shape).catchall(rest ?? z.never());
  const parser: Schema<z.output<z.ZodObject<S>>> = entries.pipe(object);
  return made({ kind: 'section', shape, ...(rest && { rest }) }, parser);
}

/** A section that may be left out; then all its defaults hold. */
export function group<S extends Shape>(
  shape: S,
  notes: KeyNotes = {},
  rest?: z.ZodType,
): Schema<z.output<z.ZodObject<S>>> {
  const inner = section(shape, rest);
  return made({ ...structureOf(inner), ...notes }, inner.prefault(new MapNode(new Map(), {})));
}

export function listOf<T>(element: Schema<T>): Schema<T[]> {
  const items = reading<unknown>('a list', (node) => {
    if (!(node instanceof ListNode)) throw new BadValue('expected a list', kindOf(node));
    return node.items;
  });
  return made({ kind: 'list', element }, items.pipe(z.array(element)));
}

/** A section with free keys. `checkKey` throws {@link BadValue} for a key that cannot be. */
export function mapOf<T>(
  value: Schema<T>,
  checkKey: (key: string) => void = () => undefined,
): Schema<Record<string, T>> {
  const entries = reading<unknown>('a section', (node) => {
    return Object.fromEntries(asMap(node).entries);
  });
  const name = z.string().superRefine((key, context) => {
    try {
      checkKey(key);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      context.addIssue(error.message);
    }
  });
  return made({ kind: 'map', value }, entries.pipe(z.record(name, value)));
}

/** A key of a section: a type, its default and what it means. */
export function setting<T>(type: Schema<T>, notes: KeyNotes & { readonly default: string }): Schema<T>;
export function setting<T>(type: Schema<T>, notes: KeyNotes): Schema<T | undefined>;
export function setting<T>(type: Schema<T>, notes: KeyNotes): Schema<T | undefined> {
  const structure = { ...structureOf(type), ...notes };
  if (notes.default === undefined) return made({ ...structure, isOptional: true }, type.optional());
  return made(structure, type.prefault(defaultNode(notes.default)));
}

/** A key that must be there. */
export function required<T>(type: Schema<T>, notes: KeyNotes): Schema<T> {
  return made({ ...structureOf(type), ...notes }, type.clone());
}

/** A default as if it had been written in the file. */
export function defaultNode(yaml: string): ConfigNode {
  return readYaml(yaml, () => ({})).root;
}

function made<T extends z.ZodType>(structure: Structure, schema: T): T {
  STRUCTURES.set(schema, structure);
  return schema;
}

function reading<T>(what: string, read: (node: ConfigNode) => T): z.ZodTransform<T> {
  return z.transform((input, context) => {
    try {
      if (!isNode(input)) throw new BadValue(`is missing; expected ${what}`);
      return read(input);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input, params: { error } });
      return z.NEVER;
    }
  });
}

function isNode(input: unknown): input is ConfigNode {
  return input instanceof ScalarNode || input instanceof ListNode || input instanceof MapNode;
}

function asScalar(node: ConfigNode, type: string): ScalarNode {
  if (!(node instanceof ScalarNode)) throw new BadValue(`expected ${type}`, kindOf(node));
  return node;
}

function asMap(node: ConfigNode): MapNode {
  if (!(node instanceof MapNode)) throw new BadValue('expected a section with keys', kindOf(node));
  return node;
}

function kindOf(node: ConfigNode): string {
  if (node instanceof ListNode) return 'a list';
  if (node instanceof MapNode) return 'a section';
  return node.value === null ? 'nothing' : quote(node.text);
}
