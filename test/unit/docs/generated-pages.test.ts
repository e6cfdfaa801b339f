import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import test from 'ava';
import { generatedPages } from '../../../docs/generator/pages.ts';

test('the generated pages are what the tables say', async (t) => {
  for (const { file, text } of await generatedPages()) {
    const page = await readFile(file, 'utf8');
    t.true(page === text, `docs/${basename(file)} is stale; run \`npm run docs\` and commit the page`);
  }
});
