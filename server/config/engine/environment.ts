import { isIP } from 'node:net';
import type { z } from 'zod';
import { suggest } from '../../../plugins/loading/suggest.ts';
import { type ConfigurationProblem, formatKey, type KeyPath, type Origin } from './problem.ts';
import { isGuarded } from './protections.ts';
import { type Shape, structureOf } from './schema.ts';
import { type ConfigNode, isNull, ListNode, MapNode } from './tree.ts';
import { BadVariable, readVariable } from './variable-value.ts';

const PREFIX = 'REGISTRY_';

/** No key has a longer name, and each part of a name costs a recursion. */
const MAX_NAME_LENGTH = 1024;

/** Variables of the registry that set no key. */
const NOT_KEYS = new Set(['REGISTRY_CONFIGURATION_PATH']);

/** The variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The keys that variables may set. */
export interface SchemaToOverride {
  readonly schema: z.ZodType;
  /** Expands short forms; called after each variable, so that the next one finds the full form. */
  readonly normalize: (root: MapNode) => void;
}

/** The result of applying the variables, in addition to the changed tree. */
export interface Overrides {
  readonly problems: readonly Omit<ConfigurationProblem, 'file'>[];
  readonly warnings: readonly string[];
  /** Variables that describe services of the network and not this registry. */
  readonly ofServices: readonly string[];
  /** The unparsed texts of the variables, by the key in dotted form. */
  readonly texts: ReadonlyMap<string, string>;
}

/** A variable that names no key; the message may say which was meant. */
class UnknownVariable extends Error {
  /** As far as the name could be followed, with the key that was probably meant. */
  readonly path: KeyPath;

  constructor(message: string, path: KeyPath) {
    super(message);
    this.path = path;
  }
}

/** A place in the tree that a variable may fill. */
interface Slot {
  readonly path: KeyPath;
  /** `undefined` below a plugin's options, where any shape may come. */
  readonly schema: z.ZodType | undefined;
  readonly node: ConfigNode | undefined;
  readonly put: (node: ConfigNode) => void;
}

/** One variable while its name is followed down the tree. */
interface Override {
  readonly name: string;
  readonly text: string;
  readonly origin: Origin;
  /** Called with the key that is set. */
  readonly onSet: (path: KeyPath) => void;
}

/**
 * Applies every `REGISTRY_A_B_C` to the tree by distribution's rule: in the order of the names, list items by index, absent
 * maps created. Beyond that rule, options that are already set may have `_` in their names, and texts are not YAML.
 */
export function applyEnvironment(
  root: MapNode,
  { schema, normalize }: SchemaToOverride,
  environment: Environment,
): Overrides {
  const problems: Omit<ConfigurationProblem, 'file'>[] = [];
  const warnings: string[] = [];
  const texts = new Map<string, string>();
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !NOT_KEYS.has(name));
  const [ofServices, ofKeys] = partition(names.sort(), (name) => isServiceVariable(name, environment));
  for (const name of ofKeys) {
    const text = environment[name];
    if (text === undefined) continue;
    const onSet = (path: KeyPath): void => void texts.set(formatKey(path), text);
    try {
      override(root, schema, { name, text, origin: { variable: name }, onSet });
    } catch (error) {
      if (error instanceof UnknownVariable && !isGuarded(schema, error.path)) {
        warnings.push(`${name}: ignored, ${error.message}`);
      } else if (error instanceof UnknownVariable) problems.push({ variable: name, key: '', message: error.message });
      else if (error instanceof BadVariable) problems.push({ variable: name, key: error.key, message: error.message });
      else throw error;
    }
    normalize(root);
  }
  return { problems, warnings, ofServices, texts };
}

function partition(names: readonly string[], test: (name: string) => boolean): [string[], string[]] {
  return [names.filter(test), names.filter((name) => !test(name))];
}

function override(root: MapNode, schema: z.ZodType, change: Override): void {
  const { name } = change;
  if (name === 'REGISTRY_VERSION') throw new UnknownVariable('the version cannot be overridden', []);
  if (name.length > MAX_NAME_LENGTH) throw new BadVariable('the name is too long to be that of a key');
  descend({ path: [], schema, node: root, put: () => undefined }, name.slice(PREFIX.length).split('_'), change);
}

function descend(slot: Slot, segments: readonly string[], change: Override): void {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    const { path } = slot;
    slot.put(
      readVariable(change.text, { path, structure: slot.schema && structureOf(slot.schema), origin: change.origin }),
    );
    change.onSet(path);
    return;
  }
  const structure = slot.schema && structureOf(slot.schema);
  if (structure?.kind === 'scalar') throw new UnknownVariable('there is nothing below that key', slot.path);
  if (structure?.kind === 'list' || (structure?.kind !== 'section' && slot.node instanceof ListNode)) {
    const element = structure?.kind === 'list' ? structure.element : undefined;
    descend(itemSlot(slot, element, segment, change), rest, change);
  } else if (structure?.kind === 'section') {
    const key = fieldFor(structure.shape, segment);
    if (key !== undefined) descend(entrySlot(slot, structure.shape[key], key, change), rest, change);
    else if (structure.rest !== undefined) intoMap(slot, structure.rest, segments, change);
    else throw unknownField(slot.path, structure.shape, segments, change.name);
  } else intoMap(slot, structure?.kind === 'map' ? structure.value : undefined, segments, change);
}

function intoMap(slot: Slot, value: z.ZodType | undefined, segments: readonly string[], change: Override): void {
  const existing = slot.node instanceof MapNode ? [...slot.node.entries.keys()] : [];
  for (let length = segments.length; length > 0; length -= 1) {
    const wanted = segments.slice(0, length).join('_').toLowerCase();
    const key = existing.find((name) => name.toLowerCase() === wanted) ?? (length === 1 ? wanted : undefined);
    if (key === '') throw new UnknownVariable('a part of its name is empty', slot.path);
    if (key !== undefined) {
      descend(entrySlot(slot, value, key, change), segments.slice(length), change);
      return;
    }
  }
}

function entrySlot(slot: Slot, schema: z.ZodType | undefined, key: string, change: Override): Slot {
  let map = slot.node;
  if (map === undefined || isNull(map)) {
    map = new MapNode(new Map(), change.origin);
    slot.put(map);
  }
  if (!(map instanceof MapNode)) throw new UnknownVariable('the key above it has a plain value', slot.path);
  const { entries } = map;
  return { path: [...slot.path, key], schema, node: entries.get(key), put: (node) => void entries.set(key, node) };
}

function itemSlot(slot: Slot, schema: z.ZodType | undefined, segment: string, change: Override): Slot {
  if (!/^\d+$/.test(segment)) throw new BadVariable(`"${segment}" must be the index of a list item, such as 0`);
  let list = slot.node;
  if (list === undefined || isNull(list)) {
    list = new ListNode([], change.origin);
    slot.put(list);
  }
  if (!(list instanceof ListNode)) throw new UnknownVariable('the key above it is not a list', slot.path);
  const { items } = list;
  const index = Number(segment);
  if (index > items.length) {
    throw new BadVariable(
      `the list has ${items.length} items, so the next index is ${items.length} and not ${segment}`,
    );
  }
  return { path: [...slot.path, index], schema, node: items[index], put: (node) => void (items[index] = node) };
}

/** The key that a segment of a variable's name stands for. */
function fieldFor(shape: Shape, segment: string): string | undefined {
  return Object.keys(shape).find((key) => fieldName(shape, key) === segment.toLowerCase());
}

function fieldName(shape: Shape, key: string): string {
  const schema = shape[key];
  return (schema && structureOf(schema).variable) ?? key;
}

function unknownField(path: KeyPath, shape: Shape, segments: readonly string[], name: string): UnknownVariable {
  const segment = segments[0]?.toLowerCase() ?? '';
  const key = Object.hasOwn(shape, segment) ? segment : undefined;
  const names = Object.keys(shape).map((each) => fieldName(shape, each));
  const meant = key === undefined ? suggest(segment, names) : fieldName(shape, key);
  if (meant === undefined) return new UnknownVariable('it names no key of the configuration', [...path, segment]);
  const before = name.split('_').slice(0, -segments.length);
  const better = [...before, meant.toUpperCase(), ...segments.slice(1)].join('_');
  return new UnknownVariable(`did you mean ${better}?`, [...path, meant]);
}

/**
 * Variables that Kubernetes and old Docker links set for services whose names begin with `registry`, and the one that names
 * the credentials of podman, skopeo and our own client. A section, which sets a key, begins with a brace.
 */
const FORMS: ReadonlyArray<readonly [name: RegExp, isValue: (value: string) => boolean]> = [
  [/_SERVICE_HOST$/, (value) => isIP(value) !== 0],
  [/_SERVICE_PORT(?:_[A-Z0-9_]+)?$/, (value) => /^\d{1,5}$/.test(value)],
  [/_PORT$/, (value) => /^(?:tcp|udp|sctp):\/\//i.test(value)],
  [/^REGISTRY_AUTH_FILE$/, (value) => /^[^{]+$/.test(value)],
  [/_PORT_\d{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/, () => true],
];

/** Names that an operator may choose freely. */
const FREE = 'REGISTRY_LOG_FIELDS_';

/** Whether a variable was set by the environment and not by the operator: `REGISTRY_AUTH_PORT=tcp://…`. */
function isServiceVariable(name: string, environment: Environment): boolean {
  if (name.startsWith(FREE)) return false;
  const value = environment[name] ?? '';
  return FORMS.some(([form, isValue]) => form.test(name) && isValue(value));
}
