import type { z } from 'zod';
import { suggest } from '../../plugins/suggest.ts';
import { expandBareNames } from './bare-names.ts';
import type { ConfigurationProblem } from './problem.ts';
import { readYaml } from './read-yaml.ts';
import { type Shape, structureOf } from './structure.ts';
import { type ConfigNode, isNull, ListNode, MapNode, type Origin } from './tree.ts';

const PREFIX = 'REGISTRY_';

/** Names that are ours but set no key. */
const NOT_KEYS = new Set(['REGISTRY_CONFIGURATION_PATH']);

/** The variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What applying the variables gives besides the changed tree. */
export interface Overrides {
  readonly problems: readonly Omit<ConfigurationProblem, 'file'>[];
  readonly warnings: readonly string[];
}

/** A variable that cannot be applied; the message says why. */
class BadVariable extends Error {}

/** A variable that names no key; the message may say which was meant. */
class UnknownVariable extends Error {}

/** A place in the tree that a variable may fill. */
interface Slot {
  /** `undefined` below a plugin's options, where any shape may come. */
  readonly schema: z.ZodType | undefined;
  readonly node: ConfigNode | undefined;
  readonly put: (node: ConfigNode) => void;
}

/** One variable on its way down. */
interface Override {
  readonly name: string;
  readonly value: ConfigNode;
  readonly origin: Origin;
}

/**
 * Applies every `REGISTRY_A_B_C` to the tree by distribution's rule: in the order of the names, each value as YAML,
 * list items by index, absent maps created. Beyond that rule, options that are already set may have `_` in their names.
 */
export function applyEnvironment(root: MapNode, schema: z.ZodType, environment: Environment): Overrides {
  const problems: Omit<ConfigurationProblem, 'file'>[] = [];
  const warnings: string[] = [];
  const names = Object.keys(environment).filter((name) => name.startsWith(PREFIX) && !NOT_KEYS.has(name));
  for (const name of names.sort()) {
    const text = environment[name];
    if (text === undefined) continue;
    try {
      if (name === 'REGISTRY_VERSION') throw new UnknownVariable('the version cannot be overridden');
      override(root, schema, name, text);
    } catch (error) {
      if (error instanceof UnknownVariable) warnings.push(`${name}: ignored, ${error.message}`);
      else if (error instanceof BadVariable) problems.push({ variable: name, key: '', message: error.message });
      else throw error;
    }
    expandBareNames(root);
  }
  return { problems, warnings };
}

function override(root: MapNode, schema: z.ZodType, name: string, text: string): void {
  const origin = { variable: name };
  const { root: value, problems } = readYaml(text, () => origin);
  // The message of the parser may quote the value, and the value may be a secret.
  if (problems.length > 0) throw new BadVariable('the value is not valid YAML; put it into quotes');
  descend({ schema, node: root, put: () => undefined }, name.slice(PREFIX.length).split('_'), { name, value, origin });
}

function descend(slot: Slot, segments: readonly string[], change: Override): void {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    slot.put(change.value);
    return;
  }
  const structure = slot.schema && structureOf(slot.schema);
  if (structure?.kind === 'scalar') throw new UnknownVariable('there is nothing below that key');
  if (structure?.kind === 'list' || (structure?.kind !== 'section' && slot.node instanceof ListNode)) {
    const element = structure?.kind === 'list' ? structure.element : undefined;
    descend(itemSlot(slot, element, segment, change), rest, change);
  } else if (structure?.kind === 'section') {
    const key = fieldFor(structure.shape, segment);
    if (key !== undefined) descend(entrySlot(slot, structure.shape[key], key, change), rest, change);
    else if (structure.rest !== undefined) intoMap(slot, structure.rest, segments, change);
    else throw new UnknownVariable(unknownField(structure.shape, segments, change.name));
  } else intoMap(slot, structure?.kind === 'map' ? structure.value : undefined, segments, change);
}

function intoMap(slot: Slot, value: z.ZodType | undefined, segments: readonly string[], change: Override): void {
  const existing = slot.node instanceof MapNode ? [...slot.node.entries.keys()] : [];
  for (let length = segments.length; length > 0; length -= 1) {
    const wanted = segments.slice(0, length).join('_').toLowerCase();
    const key = existing.find((name) => name.toLowerCase() === wanted) ?? (length === 1 ? wanted : undefined);
    if (key === '') throw new UnknownVariable('a part of its name is empty');
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
  if (!(map instanceof MapNode)) throw new UnknownVariable('the key above it has a plain value');
  const { entries } = map;
  return { schema, node: entries.get(key), put: (node) => void entries.set(key, node) };
}

function itemSlot(slot: Slot, schema: z.ZodType | undefined, segment: string, change: Override): Slot {
  if (!/^\d+$/.test(segment)) throw new BadVariable(`"${segment}" must be the index of a list item, such as 0`);
  let list = slot.node;
  if (list === undefined || isNull(list)) {
    list = new ListNode([], change.origin);
    slot.put(list);
  }
  if (!(list instanceof ListNode)) throw new UnknownVariable('the key above it is not a list');
  const { items } = list;
  const index = Number(segment);
  if (index > items.length) {
    throw new BadVariable(
      `the list has ${items.length} items, so the next index is ${items.length} and not ${segment}`,
    );
  }
  return { schema, node: items[index], put: (node) => void (items[index] = node) };
}

/** The key that a segment of a variable's name stands for. */
function fieldFor(shape: Shape, segment: string): string | undefined {
  return Object.keys(shape).find((key) => fieldName(shape, key) === segment.toLowerCase());
}

function fieldName(shape: Shape, key: string): string {
  const schema = shape[key];
  return (schema && structureOf(schema).variable) ?? key;
}

function unknownField(shape: Shape, segments: readonly string[], name: string): string {
  const segment = segments[0]?.toLowerCase() ?? '';
  const key = Object.hasOwn(shape, segment) ? segment : undefined;
  const names = Object.keys(shape).map((each) => fieldName(shape, each));
  const meant = key === undefined ? suggest(segment, names) : fieldName(shape, key);
  if (meant === undefined) return 'it names no key of the configuration';
  const before = name.split('_').slice(0, -segments.length);
  return `did you mean ${[...before, meant.toUpperCase(), ...segments.slice(1)].join('_')}?`;
}
