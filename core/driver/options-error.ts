import type { SchemaIssue } from './define-driver.ts';

/**
 * Options that are valid in themselves and prove wrong when they are used, such as the path of a file that is missing. A driver
 * or plugin throws it while it starts; it is reported like options that the schema refuses, with the line of each.
 */
export class OptionsError extends Error {
  /** Always `OptionsError`. */
  override readonly name = 'OptionsError';
  /** What is wrong with which option, and what to do; at least one. */
  readonly issues: readonly SchemaIssue[];

  /**
   * An error about options.
   * @param issues what is wrong with which option, and what to do
   */
  constructor(issues: readonly [SchemaIssue, ...SchemaIssue[]], options?: ErrorOptions) {
    super(issues.map(textOf).join('; '), options);
    this.issues = issues;
  }
}

function textOf({ path = [], message }: SchemaIssue): string {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  return keys.length === 0 ? message : `${keys.join('.')}: ${message}`;
}
