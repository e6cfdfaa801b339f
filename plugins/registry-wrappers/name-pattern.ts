import { RE2JS } from 're2js';

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
  readonly #expression: RE2JS;

  /** @throws Error for characters that no name has, such as those of a regular expression */
  constructor(source: string) {
    if (!CHARACTERS.test(source)) {
      throw new Error('a pattern consists of letters, digits, ". _ - /" and the wildcards "*", "**" and "?"');
    }
    this.source = source;
    const parts = source.split(/(\*\*|\*|\?)/);
    this.#expression = RE2JS.compile(parts.map((part) => WILDCARDS[part] ?? RE2JS.quote(part)).join(''));
  }

  /** As options have it. */
  toJSON(): string {
    return this.source;
  }

  matches(name: string): boolean {
    return this.#expression.matches(name);
  }
}

/** @throws Error for what is no pattern, and for one that matches no repository */
export function repositoryPattern(source: string): NamePattern {
  if (/[A-Z]/.test(source)) throw new Error('no repository has capital letters');
  return new NamePattern(source);
}

/** @throws Error for what is no pattern, and for one that matches no tag */
export function tagPattern(source: string): NamePattern {
  if (source.includes('/')) throw new Error('no tag has a "/"');
  return new NamePattern(source);
}

/** Whether one of the patterns matches. */
export function matchesAny(patterns: readonly NamePattern[], name: string): boolean {
  return patterns.some((pattern) => pattern.matches(name));
}
