import type { SchemaIssue } from '../../core/driver/index.ts';
import { didYouMean } from './suggest.ts';

/**
 * Splits zod's issue about unknown keys into one issue per key, so that each is found in the file. It names the key that was
 * probably meant, or otherwise those that are known. Issues of other libraries stay as they are.
 */
export function withUnknownKeys(issues: readonly SchemaIssue[], schema: unknown): readonly SchemaIssue[] {
  return issues.flatMap((issue) => {
    const { path = [] } = issue;
    // Only the keys of the first level are known.
    const known = path.length === 0 ? keysOf(schema) : [];
    const unknown = unknownKeysOf(issue);
    if (unknown === undefined) return [issue];
    return unknown.map((key) => {
      const meant = didYouMean(key, known);
      const others = meant === '' && known.length > 0 ? `; known here: ${known.join(', ')}` : '';
      return { path: [...path, key], message: `unknown key${meant}${others}` };
    });
  });
}

function unknownKeysOf(issue: SchemaIssue): readonly string[] | undefined {
  if (!('code' in issue) || issue.code !== 'unrecognized_keys') return undefined;
  if (!('keys' in issue) || !Array.isArray(issue.keys)) return undefined;
  const keys: readonly unknown[] = issue.keys;
  return keys.every((key) => typeof key === 'string') ? keys : undefined;
}

/** Recognised by shape, because a plugin may have its own copy of zod. A pipe has the object at one of its ends. */
function keysOf(schema: unknown): readonly string[] {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return [];
  if ('shape' in schema && typeof schema.shape === 'object' && schema.shape !== null) return Object.keys(schema.shape);
  const ends = ['out' in schema ? schema.out : undefined, 'in' in schema ? schema.in : undefined];
  return ends.flatMap(keysOf);
}
