import { z } from 'zod';
import { isJsonObject } from '../../../core/model/descriptor.ts';

/**
 * An option of several forms, such as a text or a list.
 * @param read throws an Error whose message says what the value must be; it gets `undefined` for an absent option
 */
export function readOption<Value>(read: (value: unknown) => Value): z.ZodType<Value, unknown> {
  return z
    .unknown()
    .optional()
    .transform((value, context) => {
      try {
        return read(value);
      } catch (error) {
        context.addIssue((error as Error).message);
        return z.NEVER;
      }
    });
}

/**
 * The list of texts that an option is, of which each is not empty; a text alone is a list of one.
 * @param what what it must be, such as `must be a text or a list of texts`
 * @throws Error
 */
export function textsOf(value: unknown, what: string): readonly string[] {
  if (value === undefined) throw new Error(`is missing; it ${what}`);
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) throw new Error(`is empty; it ${what}`);
  const wrong = list.find((item) => typeof item !== 'string' || item.trim() === '');
  if (wrong !== undefined) throw new Error(`${what}, found ${shown(wrong)}`);
  return list as readonly string[];
}

/**
 * A map with some of these keys.
 * @throws Error that names another key
 */
export function mapOf(value: unknown, keys: readonly string[], what: string): Readonly<Record<string, unknown>> {
  if (!isJsonObject(value)) throw new Error(`${what}, found ${shown(value)}`);
  const unknown = Object.keys(value).find((key) => !keys.includes(key));
  if (unknown !== undefined) throw new Error(`has the unknown key "${unknown}"; it ${what}`);
  return value;
}

/** A value in a message. */
export function shown(value: unknown): string {
  return value === null || value === undefined ? 'nothing' : JSON.stringify(value);
}
