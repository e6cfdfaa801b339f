import test from 'ava';
import { OpenAccess } from '../../../../plugins/auth/open.ts';

test('every client is let in, and stays anonymous whatever the header says', async (t) => {
  const open = new OpenAccess();
  t.deepEqual(await open.authorize(), { actor: undefined });
});
