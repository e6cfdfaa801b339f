import test from 'ava';
import { WorkerConnection, withWorkers } from '../../../helpers/http/with-workers.ts';
import { BOB, basic } from '../../plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../plugins/loading/fixture-folder.ts';

test('a token that one worker creates is valid in the others at once, and ends in all of them when one revokes it', async (t) => {
  const folder = await folderWith(t, { htpasswd: `${BOB.line}\n` });
  const auth = { htpasswd: { realm: 'here', path: `${folder}/htpasswd` } };
  const running = await withWorkers(t, {}, { others: { auth } });
  const [one, two] = await WorkerConnection.pair(t, running);
  const headers = { Authorization: basic('bob', BOB.password), 'Content-Type': 'application/json' };
  const created = await one.ask('POST', '/auth/tokens', { headers, body: '{"name":"ci"}' });
  t.is(created.status, 201);
  const { id, token } = JSON.parse(created.text) as { id: string; token: string };
  const status = async (worker: WorkerConnection): Promise<number> =>
    (await worker.ask('GET', '/v2/', { headers: { Authorization: basic('bob', token) } })).status;
  t.deepEqual([await status(one), await status(two)], [200, 200]);
  t.is((await one.ask('DELETE', `/auth/tokens/${id}`, { headers })).status, 204);
  t.deepEqual([await status(two), await status(one)], [401, 401]);
});
