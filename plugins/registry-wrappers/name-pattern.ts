import { RE2JS } from 're2js';
import { matchesSomeName, type NameGrammar, REPOSITORY_GRAMMAR, TAG_GRAMMAR } from './name-grammar.ts';

const CHARACTERS = /^[\w./?*-]+$/;
const WILDCARDS: Readonly<Record<string, string>> = { '**': '.*', '*': '[^/]*', '?': '[^/]' };

/**
 * A pattern that matches whole names of repositories or tags. `*` stands for any characters but `/`, `**` for any
 * characters, `?` for one character but `/`; everything else stands for itself. The time that it takes grows in
 * proportion to the name, whatever the pattern: an operator writes the pattern, but clients write the names.
 */
export class NamePattern {
  /** As it was written. */
  readonly source: string;
  readonly #parts: readonly string[];
  readonly #expression: RE2JS;

  /** @throws Error for characters that no name has, such as those of a regular expression, and for three stars */
  constructor(source: string) {
    if (!CHARACTERS.test(source)) {
      throw new Error('a pattern consists of letters, digits, ". _ - /" and the wildcards "*", "**" and "?"');
    }
    if (source.includes('***')) throw new Error('"***" is no wildcard; "**" stands for any characters');
    this.source = source;
    this.#parts = source.split(/(\*\*|\*|\?)/);
    this.#expression = RE2JS.compile(this.#parts.map((part) => WILDCARDS[part] ?? RE2JS.quote(part)).join(''));
  }

  /** As options have it. */
  toJSON(): string {
    return this.source;
  }

  matches(name: string): boolean {
    return this.#expression.matches(name);
  }

  /** Whether any name of a grammar matches. */
  matchesSome(grammar: NameGrammar): boolean {
    return matchesSomeName(this.#parts, grammar);
  }
}

/** @throws Error for what is no pattern, and for one that matches no repository */
export function repositoryPattern(source: string): NamePattern {
  if (/[A-Z]/.test(source)) throw new Error('no repository has capital letters');
  const pattern = new NamePattern(source);
  if (!pattern.matchesSome(REPOSITORY_GRAMMAR)) throw new Error('no repository has a name that matches');
  return pattern;
}

/** @throws Error for what is no pattern, and for one that matches no tag */
export function tagPattern(source: string): NamePattern {
  if (source.includes('/')) throw new Error('no tag has a "/"');
  const pattern = new NamePattern(source);
  if (!pattern.matchesSome(TAG_GRAMMAR)) throw new Error('no tag matches');
  return pattern;
}

/** Whether one of the patterns matches. */
export function matchesAny(patterns: readonly NamePattern[], name: string): boolean {
  return patterns.some((pattern) => pattern.matches(name));
}
