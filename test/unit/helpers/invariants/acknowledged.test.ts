import test from 'ava';
import { lostPushes, type Push } from '../../../helpers/invariants/acknowledged.ts';

const push = (reference: string): Push => ({ kind: 'blob', repository: 'a', reference, bytes: Buffer.from('bytes') });

test('a push that is gone or has changed counts as lost, and an intact one does not', async (t) => {
  const stored: Readonly<Record<string, Buffer>> = { there: Buffer.from('bytes'), changed: Buffer.from('bytfs') };
  const lost = await lostPushes(['there', 'changed', 'gone'].map(push), async ({ reference }) => stored[reference]);
  t.deepEqual(lost, ['blob a changed: has changed', 'blob a gone: is gone']);
});
