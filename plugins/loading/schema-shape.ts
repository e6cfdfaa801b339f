/** Schemas of zod are recognised by shape, because a plugin may have its own copy of zod. */

/** A schema, and the schemas that it merely wraps: a default, an optional value, a pipe. */
export function layersOf(schema: unknown, depth = 0): object[] {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null || depth > MAX_DEPTH) return [];
  const wrapped = ['in', 'out', 'innerType'].flatMap((name) => layersOf(read(read(schema, 'def'), name), depth + 1));
  return [schema, ...wrapped];
}

const MAX_DEPTH = 20;

/** What validates the value under a key of an object, or at a place of a list. */
export function childOf(schema: object, key: string | number): unknown {
  if (typeof key === 'number') return read(schema, 'element');
  const shape = read(schema, 'shape');
  return typeof shape === 'object' && shape !== null && Object.hasOwn(shape, key)
    ? read(shape, key)
    : read(schema, 'valueType');
}

/** A property of anything; `undefined` where there is none. */
export function read(value: unknown, name: string): unknown {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
    ? Reflect.get(value, name)
    : undefined;
}

/** The keys that the object at `path` may have; none where the schema does not say. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  const layers = layersOf(schema);
  const [key, ...rest] = path;
  if (key === undefined) {
    const shapes = layers.map((layer) => read(layer, 'shape'));
    return shapes.flatMap((shape) => (typeof shape === 'object' && shape !== null ? Object.keys(shape) : []));
  }
  if (typeof key === 'symbol') return [];
  const children = layers.map((layer) => childOf(layer, key)).filter((child) => child !== undefined);
  return [...new Set(children.flatMap((child) => keysAt(child, rest)))];
}
