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

/**
 * Whether the wildcards and texts of one pattern stand for everything that those of another one stand for; each wildcard
 * of the other one must fit into one of the first.
 */
export function coversParts(parts: readonly string[], others: readonly string[]): boolean {
  const [all, other] = [symbolsOf(parts), symbolsOf(others)];
  /** For each number of symbols of the other pattern, whether the symbols of this one so far can stand for them. */
  let fits = Array.from({ length: other.length + 1 }, (_, count) => count === 0);
  for (const symbol of all) {
    const next = fits.map((fit) => fit && symbol.startsWith('*'));
    for (const [index, each] of other.entries()) {
      const before = symbol.startsWith('*') ? next[index] === true : fits[index] === true;
      if (before && standsFor(symbol, each)) next[index + 1] = true;
    }
    fits = next;
  }
  return fits.at(-1) === true;
}

/** The wildcards and characters of a pattern, one by one. */
function symbolsOf(parts: readonly string[]): readonly string[] {
  return parts.flatMap((part) => (WILDCARDS.has(part) ? [part] : [...part]));
}

function standsFor(symbol: string, other: string): boolean {
  if (symbol === '**') return true;
  if (symbol === '*') return other !== '**' && other !== '/';
  if (symbol === '?') return other !== '**' && other !== '*' && other !== '/';
  return symbol === other;
}
