import type { RE2JS } from 're2js';
import { compileWildcards, splitWildcards } from './wildcards.ts';

/** No text that a pattern is written for is longer. */
const MAX_LENGTH = 1024;
/** Longer texts match no pattern; the time of a match grows with them. */
const MAX_TEXT_LENGTH = 16 * 1024;

/**
 * A pattern that matches whole texts of any characters, such as the claims of a token, with the wildcards of
 * {@link NamePattern}: `*` for any characters except `/`, `**` for any characters, `?` for one character except `/`. Capital
 * letters count, no wildcard matches a line break, and no pattern a text of more than 16 384 characters.
 */
export class TextPattern {
  /** As it was written. */
  readonly source: string;
  readonly #expression: RE2JS;

  /** @throws Error for an empty pattern, one with three stars, and one of more than 1024 characters */
  constructor(source: string) {
    if (source === '') throw new Error('it must not be empty');
    if (source.length > MAX_LENGTH) throw new Error(`it has more than ${MAX_LENGTH} characters`);
    this.source = source;
    this.#expression = compileWildcards(splitWildcards(source));
  }

  matches(text: string): boolean {
    return text.length <= MAX_TEXT_LENGTH && !text.includes('\n') && this.#expression.matches(text);
  }
}
