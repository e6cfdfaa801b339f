import { RE2JS } from 're2js';

/** A map, because `constructor` is a literal text, too. */
const WILDCARDS: ReadonlyMap<string, string> = new Map([
  ['**', '.*'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

/**
 * The wildcards `**`, `*` and `?` of a pattern, and the literal texts between them.
 * @throws Error for three stars
 */
export function splitWildcards(source: string): readonly string[] {
  if (source.includes('***')) throw new Error('"***" is not a wildcard; use "**" for any characters');
  return source.split(/(\*\*|\*|\?)/);
}

/**
 * An expression that matches whole texts: `*` stands for any characters except `/`, `**` for any characters, and `?` for
 * one character except `/`; everything else is literal. Matching takes time linear in the text, whatever the pattern.
 */
export function compileWildcards(parts: readonly string[]): RE2JS {
  return RE2JS.compile(parts.map((part) => WILDCARDS.get(part) ?? RE2JS.quote(part)).join(''));
}
