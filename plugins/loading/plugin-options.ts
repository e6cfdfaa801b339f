import type { OptionsSchema, SchemaIssue } from '../../core/driver/index.ts';
import { withoutHidden } from './hidden-options.ts';
import { attempt, type LoadStep, loadError } from './load-step.ts';
import { areIssues, describeIssue, keyPathOf, keysOf } from './option-path.ts';
import { withUnknownKeys } from './unknown-options.ts';

/**
 * Parses the options with the plugin's own schema. An empty section counts as one without options.
 * @throws PluginLoadError `wrong-options` that names every problem with its key path
 */
export async function parseOptions(
  plugin: LoadStep,
  schema: OptionsSchema<unknown>,
  options: unknown,
): Promise<unknown> {
  const validate = (given: unknown): Promise<unknown> =>
    attempt(plugin, 'checking its options', () => schema['~standard'].validate(given ?? {}));
  const { place } = plugin;
  let result = await validate(options);
  if (isRefused(result)) {
    const texts = result.issues.flatMap((issue) => {
      const text = place.textOf?.(keyPathOf(place, issue));
      return text === undefined ? [] : [{ keys: keysOf(issue), text }];
    });
    const asTexts = texts.length > 0 ? await validate(withTexts(options, texts)) : undefined;
    if (isAccepted(asTexts)) result = asTexts;
  }
  if (isAccepted(result)) return result.value;
  if (!isRefused(result)) {
    throw loadError('broken-contract', plugin, [
      "its options['~standard'].validate() returned neither {value} nor {issues: [{message, path}, …]}",
    ]);
  }
  const problems = withUnknownKeys(result.issues, schema).map((issue) =>
    describeIssue(place, { path: issue.path, message: withoutHidden(messageOf(issue, options), plugin.hidden) }),
  );
  throw loadError('wrong-options', plugin, problems);
}

/** What zod says by itself where a section belongs. */
const NO_SECTION = /^Invalid input: expected (?:object|record), received (\w+)$/;
const NOUNS: Readonly<Record<string, string>> = { string: 'a text', array: 'a list', boolean: 'true or false' };

function noSection(type: string): string {
  return `expected a section with keys, found ${NOUNS[type] ?? `a ${type}`}`;
}

/** Zod reports a missing option as one of the wrong type. Other libraries do not tell the two apart. */
function messageOf(issue: SchemaIssue, options: unknown): string {
  const { message } = issue;
  if (!('code' in issue) || !['invalid_type', 'invalid_value', 'invalid_union'].includes(String(issue.code)))
    return message;
  const given = keysOf(issue).reduce<unknown>(
    (value, key) => (isObject(value) ? Reflect.get(value, key) : undefined),
    options ?? {},
  );
  if (given !== undefined && given !== null) return message.replace(NO_SECTION, (_, type: string) => noSection(type));
  const wanted = message.replace(/^Invalid (?:input|option): /, '').replace(/, received (?:null|undefined)$/, '');
  return `${given === null ? 'has no value' : 'is missing'}; ${wanted.startsWith('must ') ? `it ${wanted}` : wanted}`;
}

/** A copy of the options with the raw texts of variables instead of what YAML parsed: a password may look like a number. */
function withTexts(
  options: unknown,
  texts: ReadonlyArray<{ readonly keys: readonly PropertyKey[]; readonly text: string }>,
): unknown {
  const copy: unknown = structuredClone(options);
  for (const { keys, text } of texts) {
    const last = keys.at(-1);
    const parent = keys
      .slice(0, -1)
      .reduce<unknown>((value, key) => (isObject(value) ? Reflect.get(value, key) : undefined), copy);
    if (last !== undefined && isObject(parent)) Reflect.set(parent, last, text);
  }
  return copy;
}

function isAccepted(result: unknown): result is { readonly value: unknown } {
  return isObject(result) && 'value' in result && (!('issues' in result) || result.issues === undefined);
}

function isRefused(result: unknown): result is { readonly issues: readonly SchemaIssue[] } {
  return isObject(result) && 'issues' in result && areIssues(result.issues);
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
