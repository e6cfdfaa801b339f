import { readFile } from 'node:fs/promises';
import test from 'ava';
import { documentedKeys } from '../../../server/config/key-table.ts';
import { currentPage, PAGE } from '../../helpers/write-key-table.ts';

test('docs/configuration.md agrees with the schema; `npm run docs:configuration` writes it', async (t) => {
  t.is(await readFile(PAGE, 'utf8'), await currentPage());
});

test('every documented key says what it means', (t) => {
  const keys = documentedKeys();
  t.true(keys.length > 100);
  t.deepEqual(
    keys.filter(({ about, type }) => about === '' || type === '').map(({ key }) => key),
    [],
  );
});
