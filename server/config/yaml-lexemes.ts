import { CST, Lexer } from 'yaml';

/** No configuration is longer, in characters. */
const MAX_LENGTH = 2 ** 20;
/** Or nested deeper. */
export const MAX_DEPTH = 100;
/** Or made of more signs and words; parsing so many takes about a second. */
const MAX_LEXEMES = 500_000;

/**
 * What makes a text too large to be parsed: the parser recurses, and takes seconds for a text that is only absurd.
 * @returns `undefined` for every text that can be meant
 */
export function tooLarge(text: string): string | undefined {
  if (text.length > MAX_LENGTH) return 'is longer than 1 MiB, which no configuration is';
  let count = 0;
  let flow = 0;
  let inLine = 0;
  let isLineStart = true;
  const indents: number[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MAX_LEXEMES) return 'has too many values';
    const type = CST.tokenType(lexeme);
    if (isLineStart && type !== 'newline' && type !== 'comment') {
      const indent = type === 'space' ? lexeme.length : 0;
      while ((indents.at(-1) ?? -1) >= indent) indents.pop();
      indents.push(indent);
    }
    isLineStart = type === 'newline';
    if (type === 'newline') inLine = 0;
    else if (type === 'flow-seq-start' || type === 'flow-map-start') flow += 1;
    else if (type === 'flow-seq-end' || type === 'flow-map-end') flow -= 1;
    else if (type === 'seq-item-ind' || type === 'explicit-key-ind') inLine += 1;
    if (flow > MAX_DEPTH || inLine > MAX_DEPTH || indents.length > MAX_DEPTH + 1) return TOO_DEEP;
  }
  return undefined;
}

export const TOO_DEEP = `is nested deeper than ${MAX_DEPTH} levels, which no configuration is`;

/** Whether YAML takes a part of the text for a comment, an anchor, an alias or a tag. */
export function hasMarks(text: string): boolean {
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const type: CST.TokenType | null = isContent ? null : CST.tokenType(lexeme);
    isContent = type === 'scalar';
    if (type === 'comment' || type === 'anchor' || type === 'alias' || type === 'tag') return true;
  }
  return false;
}
