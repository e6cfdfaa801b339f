import { childOf, layersOf, read } from './schema-shape.ts';

/**
 * Whether a schema marks the option at `path` as public: zod's `meta({ public: true })` on the option or on something that
 * contains it. Schemas of other libraries cannot, so all of their options stay hidden.
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

function saysPublic(schema: object): boolean {
  const meta = read(schema, 'meta');
  if (typeof meta !== 'function') return false;
  const said: unknown = Reflect.apply(meta, schema, []);
  return read(said, 'public') === true;
}
