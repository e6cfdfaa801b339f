/** Breaks a text into lines of at most `width` characters, between words. */
export function wrapText(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}

/** A text to the right of another one, in lines that begin in the same column; under it where that is too long. */
export function hangingLines(
  left: string,
  right: string,
  { column, width }: { readonly column: number; readonly width: number },
): string {
  const [first = '', ...others] = wrapText(right, width - column).split('\n');
  const indent = ' '.repeat(column);
  const start = left.length < column ? [`${left.padEnd(column)}${first}`] : [left, `${indent}${first}`];
  return [...start, ...others.map((line) => `${indent}${line}`)].map((line) => `${line}\n`).join('');
}
