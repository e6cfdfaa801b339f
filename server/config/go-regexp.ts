import { unexpected } from './scalars.ts';
import { type Schema, scalar } from './structure.ts';

/**
 * A regular expression in the syntax of Go. What Go and JavaScript write differently is translated where it is plain
 * (`(?i)` at the start, `(?P<name>`, `\A`, `\z`, escaped punctuation); the rest of the difference is an error and
 * never a pattern with another meaning.
 */
export const goRegExp: Schema<RegExp> = scalar('regular expression', (node) => {
  const flags = /^\(\?([ims]+)\)/.exec(node.text)?.[1] ?? '';
  const pattern = node.text.slice(flags === '' ? 0 : flags.length + 3);
  try {
    return new RegExp(translate(pattern), `u${[...new Set(flags)].join('')}`);
  } catch {
    throw unexpected(node, 'a regular expression that Go and JavaScript read alike');
  }
});

function translate(pattern: string): string {
  return pattern.replaceAll(/\\([\s\S])|\(\?P</g, (whole, escaped: string | undefined) => {
    if (escaped === undefined) return '(?<';
    if (escaped === 'A') return '(?<![\\s\\S])';
    if (escaped === 'z') return '(?![\\s\\S])';
    return /[!"#%&',:;<=>@_`~-]/.test(escaped) ? literal(escaped) : whole;
  });
}

function literal(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
