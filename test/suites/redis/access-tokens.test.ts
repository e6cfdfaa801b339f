import type { ExecutionContext } from 'ava';
import type { Answer } from '../../helpers/http/http-request.ts';
import { type Registry, withRegistry } from '../../helpers/http/with-registry.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { until } from '../../helpers/running/until.ts';
import { BOB, basic } from '../../unit/plugins/auth/htpasswd/fixture-passwords.ts';
import { folderWith } from '../../unit/plugins/loading/fixture-folder.ts';

const test = testsWithRedis('tokens of the registry');

/** Two instances on one storage and one Redis, which have no secret. */
async function cluster(t: ExecutionContext): Promise<readonly [Registry, Registry]> {
  const server = await RedisServer.start(t);
  const options = {
    folder: await folderWith(t, { htpasswd: `${BOB.line}\n` }),
    storage: { filesystem: {} },
    http: { tokenprovider: 'redis', secret: '' },
    auth: { htpasswd: { realm: 'here', path: 'htpasswd' }, token: { embedded: true } },
    others: { redis: { addrs: [`127.0.0.1:${server.port}`] } },
  };
  return Promise.all([withRegistry(t, options), withRegistry(t, options)]);
}

const AS_BOB = { Authorization: basic('bob', BOB.password), 'Content-Type': 'application/json' };

function statusOf(registry: Registry, authorization: string): Promise<number> {
  return registry.ask('GET', '/v2/', { headers: { Authorization: authorization } }).then(({ status }) => status);
}

function fieldsOf({ text }: Answer): Readonly<Record<string, string>> {
  return JSON.parse(text) as Record<string, string>;
}

test('instances that start together without a secret accept the tokens and refresh tokens of each other', async (t) => {
  const [one, two] = await cluster(t);
  const issued = fieldsOf(await one.ask('GET', '/auth/token?offline_token=true', { headers: AS_BOB }));
  t.is(await statusOf(two, `Bearer ${issued['token']}`), 200);
  const exchanged = await two.ask('POST', '/auth/token', {
    body: String(new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(issued['refresh_token']) })),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  });
  t.is(exchanged.status, 200);
  t.is(await statusOf(one, `Bearer ${fieldsOf(exchanged)['token']}`), 200);
});

test('a personal access token that one instance revokes ends in the other one at once', async (t) => {
  const [one, two] = await cluster(t);
  const created = await one.ask('POST', '/auth/tokens', { headers: AS_BOB, body: '{"name":"ci"}' });
  const { id, token } = fieldsOf(created) as { id: string; token: string };
  const asToken = basic('bob', token);
  await until('the other instance hears messages', async () => {
    t.is(await statusOf(two, asToken), 200);
    return true;
  });
  t.is((await one.ask('DELETE', `/auth/tokens/${id}`, { headers: AS_BOB })).status, 204);
  t.is(await statusOf(two, asToken), 401);
  t.is(await statusOf(one, asToken), 401);
});
