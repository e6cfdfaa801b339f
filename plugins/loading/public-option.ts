/**
 * Whether a schema marks the option at `path` as public: zod's `meta({ public: true })` on the option or on something that
 * contains it. Schemas of other libraries cannot, so all of their options stay hidden. Recognised by shape, because a plugin may
 * have its own copy of zod.
 */
export function isPublicOption(schema: unknown, path: ReadonlyArray<string | number>): boolean {
  const layers = layersOf(schema);
  if (layers.some(saysPublic)) return true;
  const [key, ...rest] = path;
  if (key === undefined) return false;
  return layers.some((layer) => {
    const child = childOf(layer, key);
    return child !== undefined && isPublicOption(child, rest);
  });
}

/** A schema, and the schemas that it merely wraps: a default, an optional value, a pipe. */
function layersOf(schema: unknown, depth = 0): object[] {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null || depth > MAX_DEPTH) return [];
  const wrapped = ['in', 'out', 'innerType'].flatMap((name) => layersOf(read(read(schema, 'def'), name), depth + 1));
  return [schema, ...wrapped];
}

const MAX_DEPTH = 20;

function saysPublic(schema: object): boolean {
  const meta = read(schema, 'meta');
  if (typeof meta !== 'function') return false;
  const said: unknown = Reflect.apply(meta, schema, []);
  return read(said, 'public') === true;
}

function childOf(schema: object, key: string | number): unknown {
  if (typeof key === 'number') return read(schema, 'element');
  const shape = read(schema, 'shape');
  return typeof shape === 'object' && shape !== null && Object.hasOwn(shape, key)
    ? read(shape, key)
    : read(schema, 'valueType');
}

function read(value: unknown, name: string): unknown {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
    ? Reflect.get(value, name)
    : undefined;
}
