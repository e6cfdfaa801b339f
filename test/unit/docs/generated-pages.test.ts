import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import test from 'ava';
import { generatedPages } from '../../../docs/generator/pages.ts';

test('the generated pages and examples match the code', async (t) => {
  for (const { file, text } of await generatedPages()) {
    const page = await readFile(file, 'utf8');
    t.true(page === text, `${relative('.', file)} is stale; run \`npm run docs\` and commit the page`);
  }
});
