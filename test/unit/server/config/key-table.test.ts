import test from 'ava';
import { documentedKeys } from '../../../../server/config/index.ts';

test('every documented key has a meaning', (t) => {
  const keys = documentedKeys();
  t.true(keys.length > 100);
  t.deepEqual(
    keys.filter(({ description, type }) => description === '' || type === '').map(({ key }) => key),
    [],
  );
});
