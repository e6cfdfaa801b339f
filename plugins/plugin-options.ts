import type { OptionsSchema, SchemaIssue } from '../core/driver/index.ts';
import { attempt, loadError, type PluginInLoading } from './plugin-in-loading.ts';
import { describeKey } from './plugin-load-error.ts';
import { withUnknownKeys } from './unknown-options.ts';

/**
 * The options as the plugin's own schema parses them; a section without content counts as an empty one.
 * @throws PluginLoadError `wrong-options` that names every problem with its key path
 */
export async function parseOptions(
  plugin: PluginInLoading,
  schema: OptionsSchema<unknown>,
  options: unknown,
): Promise<unknown> {
  const result: unknown = await attempt(plugin, 'checking its options', () =>
    schema['~standard'].validate(options ?? {}),
  );
  if (isAccepted(result)) return result.value;
  if (!isRefused(result)) {
    throw loadError('broken-contract', plugin, [
      "what its options['~standard'].validate() gives is neither {value} nor {issues: [{message, path}, …]}",
    ]);
  }
  const { place } = plugin;
  const problems = withUnknownKeys(result.issues, schema).map(
    ({ path, message }) => `${describeKey(place, keyPathOf(place.optionsAt ?? place.at, path))}: ${message}`,
  );
  throw loadError('wrong-options', plugin, problems);
}

function isAccepted(result: unknown): result is { readonly value: unknown } {
  return isObject(result) && 'value' in result && (!('issues' in result) || result.issues === undefined);
}

function isRefused(result: unknown): result is { readonly issues: readonly SchemaIssue[] } {
  if (!isObject(result) || !('issues' in result) || !Array.isArray(result.issues)) return false;
  const issues: readonly unknown[] = result.issues;
  return issues.length > 0 && issues.every((issue) => isObject(issue) && 'message' in issue && hasPath(issue));
}

function hasPath(issue: object): boolean {
  return !('path' in issue) || issue.path === undefined || Array.isArray(issue.path);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether `value` can validate options. */
export function isOptionsSchema(value: unknown): value is OptionsSchema<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  if (!('~standard' in value)) return false;
  const standard = value['~standard'];
  if (typeof standard !== 'object' || standard === null) return false;
  return (
    'version' in standard && standard.version === 1 && 'validate' in standard && typeof standard.validate === 'function'
  );
}

function keyPathOf(at: string, path: SchemaIssue['path']): string {
  const keys = (path ?? []).map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return keys.reduce<string>((text, key) => `${text}${typeof key === 'number' ? `[${key}]` : `.${String(key)}`}`, at);
}
