import type { SchemaIssue } from '../../core/driver/index.ts';
import { describeKey, type PluginPlace } from './plugin-load-error.ts';

/** The key path of an issue below that of the plugin's options. */
export function keyPathOf({ optionsAt, at }: PluginPlace, { path }: Pick<SchemaIssue, 'path'>): string {
  return keysOf({ path }).reduce<string>(
    (text, key) => `${text}${typeof key === 'number' ? `[${key}]` : `.${String(key)}`}`,
    optionsAt ?? at,
  );
}

/** An issue with its line and its key path. */
export function describeIssue(place: PluginPlace, { path, message }: SchemaIssue): string {
  return `${describeKey(place, keyPathOf(place, { path }))}: ${message}`;
}

export function keysOf({ path = [] }: Pick<SchemaIssue, 'path'>): readonly PropertyKey[] {
  return path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
}

/** Whether these are the issues of a schema, at least one. */
export function areIssues(issues: unknown): issues is readonly SchemaIssue[] {
  if (!Array.isArray(issues)) return false;
  const found: readonly unknown[] = issues;
  return found.length > 0 && found.every(isIssue);
}

function isIssue(issue: unknown): boolean {
  if (typeof issue !== 'object' || issue === null || !('message' in issue)) return false;
  return !('path' in issue) || issue.path === undefined || Array.isArray(issue.path);
}
