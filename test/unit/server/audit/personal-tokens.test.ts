import test from 'ava';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';
import { as, fieldsOf, usersIn, withAudit } from '../../../helpers/http/audited-registry.ts';

test('tokens that are created and revoked are recorded with their id, and never with their secret', async (t) => {
  const folder = await tempRoot(t);
  const { registry, recorded } = await withAudit(t, { folder, auth: await usersIn(folder, 'ann') });
  const headers = { ...as('ann'), 'Content-Type': 'application/json' };
  const created = await registry.ask('POST', '/auth/tokens', { headers, body: '{"name":"ci"}' });
  const { id, token } = JSON.parse(created.text) as { id: string; token: string };
  await registry.ask('POST', '/auth/tokens', { headers, body: '{}' });
  await registry.ask('DELETE', `/auth/tokens/${id}`, { headers });
  await registry.ask('DELETE', `/auth/tokens/${id}?user=bob`, { headers });
  await registry.ask('POST', '/auth/tokens', { headers: as('ann', 'wrong'), body: '{}' });
  const lines = await recorded();
  t.deepEqual(fieldsOf(lines, 'action', 'outcome', 'status', 'user', 'tokenId'), [
    { action: 'token-created', outcome: 'allowed', status: 201, user: 'ann', tokenId: id },
    { action: 'token-created', outcome: 'failed', status: 400, user: 'ann' },
    { action: 'token-revoked', outcome: 'allowed', status: 204, user: 'ann', tokenId: id },
    { action: 'token-revoked', outcome: 'refused', status: 403, user: 'ann', tokenId: id },
    { action: 'login', outcome: 'refused', status: 401, user: 'ann' },
  ]);
  t.false(JSON.stringify(lines).includes(token.slice(29)));
});
