import type { SchemaIssue } from '../../core/driver/index.ts';
import { keysOf } from './option-path.ts';
import { keysAt } from './schema-shape.ts';
import { didYouMean } from './suggest.ts';

/**
 * Splits zod's issue about unknown keys into one issue per key, so that each is found in the file. It names the key that was
 * probably meant, or otherwise those that are known. Issues of other libraries stay as they are.
 */
export function withUnknownKeys(issues: readonly SchemaIssue[], schema: unknown): readonly SchemaIssue[] {
  return issues.flatMap((issue) => {
    const { path = [] } = issue;
    const known = keysAt(schema, keysOf({ path }));
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
