import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { table } from './table.ts';

/** What is configured by options. */
export interface Configured {
  readonly name: string;
  /** A schema of zod, whose options each have `meta({value, description, default})`. */
  readonly options: unknown;
}

/**
 * A table of the options of a driver or plugin, made from its schema; those of a list of maps are called `list[].option`.
 * @throws Error for an option that its schema does not describe, or whose default is not the one that it describes
 */
export function optionTable({ name, options }: Configured): string {
  const rows = rowsOf(name, shapeOf(options) ?? {}, '');
  return rows.length === 0 ? 'It takes no options.' : table([['option', 'value', 'default', 'meaning'], ...rows]);
}

type Shape = Readonly<Record<string, z.ZodType>>;

function rowsOf(owner: string, shape: Shape, prefix: string): string[][] {
  return Object.entries(shape).flatMap(([key, schema]) => {
    const option = prefix + key;
    const { value, description } = schema.meta() ?? {};
    if (typeof value !== 'string' || description === undefined) throw new Error(`${owner}.${option} is not described`);
    const inside = elementsOf(schema);
    return [
      [`\`${option}\``, value, defaultOf(schema, `${owner}.${option}`), description],
      ...(inside === undefined ? [] : rowsOf(owner, inside, `${option}[].`)),
    ];
  });
}

/** The options in a schema of zod, whatever is wrapped around its object; `undefined` when there is no object. */
function shapeOf(schema: unknown): Shape | undefined {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPipe) return shapeOf(schema.out) ?? shapeOf(schema.in);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapeOf(schema.unwrap());
  return undefined;
}

/** The options of the maps in a list. */
function elementsOf(schema: unknown): Shape | undefined {
  if (schema instanceof z.ZodArray) return shapeOf(schema.element);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return elementsOf(schema.unwrap());
  return undefined;
}

function defaultOf(schema: z.ZodType, option: string): string {
  const { success, data } = schema.safeParse(undefined);
  if (!success) return 'required';
  const described = schema.meta()?.['default'];
  if (typeof described !== 'string') return inCode(data);
  // What is given where nothing is configured cannot be written down as an option.
  if (data === undefined) return described;
  if (isDeepStrictEqual(schema.safeParse(described).data, data)) return `\`${described}\``;
  throw new Error(`${option} is described with the default ${described}, but it is ${JSON.stringify(data)}`);
}

function inCode(value: unknown): string {
  if (value === undefined) return 'none';
  return value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
