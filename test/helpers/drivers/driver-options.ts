import type { DriverDefinition, PluginContext } from '../../../core/driver/index.ts';

/** A context that keeps its warnings. */
export function pluginContext(): PluginContext & { readonly warnings: string[] } {
  const warnings: string[] = [];
  return { baseFolder: process.cwd(), warnings, warn: (message) => void warnings.push(message) };
}

/** The result of validating `options`: the parsed value, or each problem as `path: message`. */
export async function parseOptions<Options>(
  definition: DriverDefinition<Options>,
  options: unknown,
): Promise<{ readonly value: Options | undefined; readonly issues: readonly string[] }> {
  const result = await definition.options['~standard'].validate(options);
  if (result.issues === undefined) return { value: result.value, issues: [] };
  const issues = result.issues.map(({ path = [], message }) => `${path.map(String).join('.')}: ${message}`);
  return { value: undefined, issues };
}
