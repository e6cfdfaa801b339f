import { matchesGlob } from 'node:path';
import { CopyError } from './copy-error.ts';

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}', '(': ')' };
const CLOSERS: ReadonlySet<string> = new Set(Object.values(CLOSING));
/** The characters of tags, and those with a meaning in a pattern. */
const POSSIBLE = /^[\w.\-*?,!@+|^\\]$/;

/**
 * A glob pattern of tags: `v1.*`, `*-slim`, `{a,b}`, `[0-9]*`.
 * @throws CopyError `selection` for a pattern with an unclosed bracket, or that no tag can match
 */
export function tagPattern(text: string): (tag: string) => boolean {
  const problem = problemOf(text);
  if (problem !== undefined)
    throw new CopyError('selection', `${JSON.stringify(text)} is not a tag pattern: ${problem}`);
  return (tag) => matchesGlob(tag, text);
}

function problemOf(text: string): string | undefined {
  if (text === '') return 'it is empty';
  const open: string[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const sign = text.charAt(at);
    const closing = CLOSING[sign];
    const isInSet = open.at(-1) === ']';
    if (sign === '\\') at += 1;
    else if (sign === open.at(-1)) open.pop();
    else if (isInSet) continue;
    else if (closing !== undefined) open.push(closing);
    else if (CLOSERS.has(sign)) return `nothing opens its ${JSON.stringify(sign)}`;
    else if (!POSSIBLE.test(sign)) return `no tag contains ${JSON.stringify(sign)}`;
  }
  const missing = open.at(-1);
  return missing === undefined ? undefined : `${JSON.stringify(missing)} is missing`;
}
