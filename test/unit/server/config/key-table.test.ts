import test from 'ava';
import { documentedKeys } from '../../../../server/config/key-table.ts';

test('every documented key says what it means', (t) => {
  const keys = documentedKeys();
  t.true(keys.length > 100);
  t.deepEqual(
    keys.filter(({ about, type }) => about === '' || type === '').map(({ key }) => key),
    [],
  );
});
