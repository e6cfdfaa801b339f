import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { parseCommandLine } from '../../../cli/command-line.ts';
import { COMMANDS } from '../../../cli/commands/index.ts';

const pages = globSync(['*.md', '{docs,examples,testing}/**/*.md'], { exclude: ['**/node_modules/**'] }).filter(
  // These lines are run by a test of their own.
  (page) => page !== 'docs/command-line.md',
);

/** The words of a line as a shell parts them, up to a comment or what the shell does with the output. */
function wordsOf(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  const end = words.findIndex((word) => /^[#|<>;&]|^2>/.test(word));
  return words.slice(0, end < 0 ? undefined : end).map((word) => word.replaceAll(/['"]/g, ''));
}

test('every line with stowage in a block of a page is one that the command line understands', (t) => {
  let lines = 0;
  for (const page of pages) {
    for (const [, block = ''] of readFileSync(page, 'utf8').matchAll(/^```sh\n(.*?)^```$/gms)) {
      for (const [, line = ''] of block.matchAll(/^(?:npx )?stowage (.*)$/gm)) {
        lines += 1;
        t.notThrows(() => parseCommandLine(wordsOf(line), {}), `${page}: ${line}`);
      }
    }
  }
  t.true(lines > 15, String(lines));
});

test('every example of a command is one that the command line understands as this command', (t) => {
  for (const { name, examples = [] } of COMMANDS) {
    for (const [line] of examples) {
      const words = wordsOf(line);
      t.true(line.startsWith(name), line);
      t.notThrows(() => parseCommandLine(words, {}), line);
    }
  }
});
