import type { RE2JS } from 're2js';
import { matchesSomeName, type NameGrammar, REPOSITORY_GRAMMAR, TAG_GRAMMAR } from './name-grammar.ts';
import { compileWildcards, coversParts, splitWildcards } from './wildcards.ts';

const CHARACTERS = /^[\w./?*-]+$/;
/** The longest pattern, in characters; names have at most 255. */
export const MAX_PATTERN_LENGTH = 1024;

/**
 * A pattern that matches whole names of repositories or tags. `*` stands for any characters except `/`, `**` for any
 * characters, and `?` for one character except `/`; everything else is literal. Matching takes time linear in the name,
 * whatever the pattern: the operator writes the pattern, but clients write the names.
 */
export class NamePattern {
  /** As it was written. */
  readonly source: string;
  readonly #parts: readonly string[];
  readonly #expression: RE2JS;

  /**
   * @throws Error for characters that no name contains, such as those of a regular expression, for three stars, and for
   * more than 1024 characters
   */
  constructor(source: string) {
    if (source.length > MAX_PATTERN_LENGTH)
      throw new Error(`a pattern may have at most ${MAX_PATTERN_LENGTH} characters`);
    if (!CHARACTERS.test(source)) {
      throw new Error('a pattern may contain only letters, digits, ". _ - /" and the wildcards "*", "**" and "?"');
    }
    this.source = source;
    this.#parts = splitWildcards(source);
    this.#expression = compileWildcards(this.#parts);
  }

  /** The pattern as the options have it. */
  toJSON(): string {
    return this.source;
  }

  matches(name: string): boolean {
    return name.length <= MAX_PATTERN_LENGTH && this.#expression.matches(name);
  }

  /**
   * Whether every name that another pattern matches is matched by this one, as far as the wildcards show it: `true` is
   * certain, `false` may be wrong.
   */
  covers(other: NamePattern): boolean {
    return coversParts(this.#parts, other.#parts);
  }

  /** Whether any name of a grammar matches. */
  matchesSome(grammar: NameGrammar): boolean {
    return matchesSomeName(this.#parts, grammar);
  }
}

/** @throws Error for a malformed pattern, and for one that matches no repository name */
export function repositoryPattern(source: string): NamePattern {
  if (/[A-Z]/.test(source)) throw new Error('repository names have no capital letters');
  const pattern = new NamePattern(source);
  if (!pattern.matchesSome(REPOSITORY_GRAMMAR)) throw new Error('no repository name matches it');
  return pattern;
}

/** @throws Error for a malformed pattern, and for one that matches no tag */
export function tagPattern(source: string): NamePattern {
  if (source.includes('/')) throw new Error('tags contain no "/"');
  const pattern = new NamePattern(source);
  if (!pattern.matchesSome(TAG_GRAMMAR)) throw new Error('no tag matches it');
  return pattern;
}

/** Whether one of the patterns matches. */
export function matchesAny(patterns: readonly NamePattern[], name: string): boolean {
  return patterns.some((pattern) => pattern.matches(name));
}
