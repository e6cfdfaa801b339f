import { validateHeaderName, validateHeaderValue } from 'node:http';
import { textOf } from '../engine/scalars.ts';
import { BadValue, listOf, mapOf, type Schema, scalar } from '../engine/schema.ts';

const headerValue: Schema<string> = scalar('text', (node) => {
  const value = textOf(node);
  try {
    validateHeaderValue('x', value);
  } catch {
    throw new BadValue('has a character that a header must not contain');
  }
  return value;
});

/** Header names with the list of their values. */
export const headers = mapOf(listOf(headerValue), (name) => {
  try {
    validateHeaderName(name);
  } catch {
    throw new BadValue('cannot be the name of a header');
  }
});
