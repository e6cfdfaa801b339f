import { OptionsError, type SchemaIssue } from '../../core/driver/index.ts';
import { errorMessage } from '../loading/error-message.ts';

/**
 * Waits for what options name, such as files.
 * @param uses by the name of each option
 * @throws OptionsError about all options that cannot be used
 */
export async function forOptions<Uses extends Readonly<Record<string, Promise<unknown>>>>(
  uses: Uses,
): Promise<{ -readonly [Option in keyof Uses]: Awaited<Uses[Option]> }> {
  const found: Record<string, unknown> = {};
  const issues: SchemaIssue[] = [];
  const settled = Object.entries(uses).map(async ([option, use]) => {
    try {
      found[option] = await use;
    } catch (error) {
      issues.push({ path: [option], message: errorMessage(error) });
    }
  });
  await Promise.all(settled);
  const [first, ...others] = issues;
  if (first !== undefined) throw new OptionsError([first, ...others]);
  return found as { -readonly [Option in keyof Uses]: Awaited<Uses[Option]> };
}
