import { readFile } from 'node:fs/promises';
import test from 'ava';
import { parseCommandLine } from '../../../cli/command-line.ts';
import { parseImageReference } from '../../../client/references/image-reference.ts';

/** The words of a line as a shell parts them; the page quotes nothing. */
function wordsOf(line: string): string[] {
  return line
    .replaceAll('DIGEST', `sha256:${'a'.repeat(64)}`)
    .replaceAll('REG', 'registry.example.com')
    .split(' ');
}

test('every line of the page of other clients is one that the command line understands', async (t) => {
  const page = await readFile('docs/other-clients.md', 'utf8');
  const lines = Array.from(page.matchAll(/`stowage ([^`]+)`/g), ([, line = '']) => line);
  t.true(lines.length > 50);
  for (const line of lines) {
    const request = t.notThrows(() => parseCommandLine(wordsOf(line), {}), line) as unknown;
    t.pass(String(request));
    for (const word of wordsOf(line).slice(1)) {
      if (word.includes('registry.example.com/')) t.notThrows(() => parseImageReference(word), line);
    }
  }
});

test('no line stands for another one in two ways', async (t) => {
  const page = await readFile('docs/other-clients.md', 'utf8');
  const rows = Array.from(page.matchAll(/^\| `([^`]+)` +\| `(stowage [^`]+)`/gm), ([, other = '']) => other);
  t.true(rows.length > 50);
  t.is(new Set(rows).size, rows.length);
});
