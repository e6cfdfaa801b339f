import type { OptionsSchema, SchemaIssue } from '../core/driver/index.ts';
import { attempt, loadError, type PluginInLoading } from './plugin-in-loading.ts';
import { describeKey } from './plugin-load-error.ts';

/**
 * The options as the plugin's own schema parses them; a section without content counts as an empty one.
 * @throws PluginLoadError `wrong-options` that names every problem with its key path
 */
export async function parseOptions(
  plugin: PluginInLoading,
  schema: OptionsSchema<unknown>,
  options: unknown,
): Promise<unknown> {
  const result = await attempt(plugin, 'checking its options', () => schema['~standard'].validate(options ?? {}));
  if (result.issues === undefined) return result.value;
  const { place } = plugin;
  const problems = result.issues.map(
    ({ path, message }) => `${describeKey(place, keyPathOf(place.optionsAt ?? place.at, path))}: ${message}`,
  );
  throw loadError('wrong-options', plugin, problems);
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
  const keys = (path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return [at, ...keys].join('.');
}
