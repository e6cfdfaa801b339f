import type { YAMLParseError } from 'yaml';

/**
 * What is wrong with the syntax of a YAML document, and what to do. The messages of the parser quote the text, which may be
 * a secret, and use the words of the specification.
 */
export function explainSyntax({ code, message }: Pick<YAMLParseError, 'code' | 'message'>): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins here (---); a configuration is one document';
  return `is not valid YAML: ${remedy(code, message)}`;
}

const NO_VALUE = 'a key without a value; write "key: value", with a space after the colon';

const REMEDIES: Readonly<Partial<Record<YAMLParseError['code'], string>>> = {
  TAB_AS_INDENT: 'a tab indents this line; indent it with spaces',
  BAD_DQ_ESCAPE: 'a backslash in double quotation marks begins no known escape sequence; double it, or use single ones',
  BAD_SCALAR_START: 'a value must not begin with @ or `; put it into quotation marks',
  BLOCK_AS_IMPLICIT_KEY:
    'a key cannot begin here; align it with the keys around it, or put a text with a colon into quotation marks',
  MULTILINE_IMPLICIT_KEY: NO_VALUE,
  MISSING_CHAR: NO_VALUE,
  BAD_INDENT: 'this line is indented differently from the keys around it; align it with them',
};

function remedy(code: YAMLParseError['code'], message: string): string {
  if (code === 'BAD_INDENT' && message.startsWith('Flow'))
    return 'a bracket ({ or [) that is open here is not closed; close it, and indent the lines inside it';
  if (code === 'MISSING_CHAR' && message.includes('quote'))
    return 'a quotation mark that is open here is not closed; close it';
  return REMEDIES[code] ?? 'check the indentation, the colons, the brackets and the quotation marks here';
}
