import { z } from 'zod';
import type { DriverCapabilities } from '../core/driver/index.ts';
import { capabilitiesOf, DOCUMENTED_DRIVERS } from './documented-drivers.ts';

/** What each capability is called in the table; a new one does not compile without a line. */
const CAPABILITIES: Readonly<Record<keyof DriverCapabilities, string>> = {
  locality: 'how far away the content is',
  persistent: 'content outlives the process',
  shared: 'two processes see the same content',
  atomicMove: 'a move never leaves a gap',
  strongListing: 'lists see every finished write and delete',
  hidesUncommitted: 'uncommitted bytes are hidden',
  exclusiveWriters: 'a second writer takes an upload over safely',
  redirect: 'clients can be sent to the backend',
  minAppendBytes: 'smallest good chunk of an upload',
};

/** A table of what every driver claims. */
export async function capabilityTable(): Promise<string> {
  const claims = await Promise.all(DOCUMENTED_DRIVERS.map(capabilitiesOf));
  const names = DOCUMENTED_DRIVERS.map(({ definition, page }) => `[\`${definition.name}\`](${page})`);
  const rows = (Object.keys(CAPABILITIES) as (keyof DriverCapabilities)[]).map((key) => [
    `\`${key}\``,
    CAPABILITIES[key],
    ...claims.map((claim) => inWords(claim[key])),
  ]);
  return table([['capability', 'means', ...names], ...rows]);
}

/**
 * A table of a driver's options, made from its schema.
 * @throws Error for an option that its schema does not describe
 */
export async function optionTable(name: string): Promise<string> {
  const driver = DOCUMENTED_DRIVERS.find(({ definition }) => definition.name === name);
  if (driver === undefined) throw new Error(`there is no driver ${name}`);
  const shape = shapeOf(driver.definition.options);
  const parsed = await driver.definition.options['~standard'].validate(driver.required);
  if (parsed.issues !== undefined) throw new Error(`${name} asks for more than ${JSON.stringify(driver.required)}`);
  const defaults = new Map(Object.entries(parsed.value ?? {}));
  const rows = Object.entries(shape).map(([option, schema]) => {
    const { value, description } = schema.meta() ?? {};
    if (typeof value !== 'string' || description === undefined) throw new Error(`${name}.${option} is not described`);
    return [
      `\`${option}\``,
      value,
      option in driver.required ? 'required' : defaultOf(defaults.get(option)),
      description,
    ];
  });
  return rows.length === 0 ? 'It takes no options.' : table([['option', 'value', 'default', 'meaning'], ...rows]);
}

/** The options of a schema of zod, whatever is wrapped around its object. */
function shapeOf(schema: unknown): Readonly<Record<string, z.ZodType>> {
  if (schema instanceof z.ZodObject) return schema.shape;
  if (schema instanceof z.ZodPipe) return shapeOf(schema.out);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return shapeOf(schema.unwrap());
  throw new Error('the options of a built-in driver are no object of zod');
}

function defaultOf(value: unknown): string {
  if (value === undefined) return 'none';
  return value === '' ? 'empty' : `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function inWords(claim: string | number | boolean): string {
  if (typeof claim === 'boolean') return claim ? 'yes' : 'no';
  return typeof claim === 'number' ? (claim === 0 ? 'any' : `${claim} bytes`) : claim;
}

/** A table of Markdown, with columns of even width, as the formatter has it. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const padded = rows.map((row) => line(row.map((cell, column) => cell.padEnd(widths[column] ?? 0))));
  return [padded[0] ?? '', line(widths.map((width) => '-'.repeat(width))), ...padded.slice(1)].join('\n');
}
