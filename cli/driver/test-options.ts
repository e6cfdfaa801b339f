import { open, readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { errorMessage } from '../../plugins/loading/error-message.ts';
import { didYouMean } from '../../plugins/loading/suggest.ts';
import { casesOf } from '../../testing/all-cases.ts';
import { type DriverCase, GROUPS, type Group } from '../../testing/driver-case.ts';
import { selectCases } from '../../testing/select-cases.ts';
import { UsageError } from '../usage-error.ts';

/** The groups of these names, in the order in which they run. @throws UsageError for an unknown name */
export function groupsNamed(names: readonly string[] | undefined, { large }: { readonly large: boolean }): Group[] {
  const wanted = names?.map(groupNamed) ?? GROUPS.filter((group) => group !== 'large');
  return GROUPS.filter((group) => wanted.includes(group) || (large && group === 'large'));
}

function groupNamed(name: string): Group {
  const found = GROUPS.find((group) => group === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `unknown group ${JSON.stringify(name)}${didYouMean(name, GROUPS)} (there are ${GROUPS.join(', ')})`,
  );
}

/** The cases of these groups that match one of the patterns. @throws UsageError for a pattern that matches none */
export function casesNamed(patterns: readonly string[] | undefined, groups: readonly Group[]): readonly DriverCase[] {
  const all = casesOf(groups);
  if (patterns === undefined) return all;
  for (const pattern of patterns) {
    if (selectCases(all, [pattern]).length > 0) continue;
    const elsewhere = selectCases(casesOf(GROUPS), [pattern]).map(({ group }) => group);
    const hint =
      elsewhere.length > 0
        ? `; it matches a case of ${elsewhere[0]}`
        : '; give a part of a title, in which * stands for any text, or omit --case to see all titles';
    throw new UsageError(`--case ${JSON.stringify(pattern)} matches no case of ${groups.join(', ')}${hint}`);
  }
  return selectCases(all, patterns);
}

/** Options as given: JSON, or the path of a file of JSON or YAML. @throws UsageError for anything else */
export async function readOptions(text: string | undefined): Promise<unknown> {
  if (text === undefined) return {};
  const isFile = !text.trimStart().startsWith('{');
  const source = isFile ? await readFile(text, 'utf8').catch((error: unknown) => refuse(text, error)) : text;
  try {
    // JSON is YAML, too.
    return parse(source) ?? {};
  } catch (error) {
    return refuse(isFile ? text : 'the text', error);
  }
}

function refuse(what: string, error: unknown): never {
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
  throw new UsageError(`--options takes JSON, or a file of JSON or YAML; ${what} is neither: ${reason}`);
}

/** Checks that the report can be written, before the cases run. @throws UsageError */
export async function requireWritable(report: string): Promise<void> {
  try {
    const file = await open(report, 'a');
    await file.close();
  } catch (error) {
    throw new UsageError(`--report names a file that cannot be written: ${errorMessage(error)}`);
  }
}
