import { RE2JS } from 're2js';
import { unexpected } from './scalars.ts';
import { type Schema, scalar } from './structure.ts';

/**
 * A regular expression in the syntax and with the meaning of Go. The time that it takes grows in proportion to the
 * text, whatever the pattern: an operator wrote the pattern, but clients write the texts.
 */
export class GoRegExp {
  /** The pattern as it was written. */
  readonly source: string;
  readonly #expression: RE2JS;

  /** @throws Error when Go would not compile it */
  constructor(source: string) {
    this.source = source;
    this.#expression = RE2JS.compile(source);
  }

  /** Whether the pattern matches a part of `text`. */
  test(text: string): boolean {
    return this.#expression.test(text);
  }
}

export const goRegExp: Schema<GoRegExp> = scalar('regular expression', (node) => {
  try {
    return new GoRegExp(node.text);
  } catch {
    throw unexpected(node, 'a regular expression as Go reads it');
  }
});
