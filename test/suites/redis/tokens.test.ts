import type { ExecutionContext } from 'ava';
import { RegistryError } from '../../../core/model/errors.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisTokens } from '../../../plugins/tokens/redis-tokens.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { STATES, stateOf, tokenCases } from '../../unit/plugins/tokens/token-cases.ts';

const test = testsWithRedis('upload tokens');

async function tokensOn(t: ExecutionContext, server: RedisServer, maxAgeMs?: number): Promise<RedisTokens> {
  const connection = await RedisConnection.open(server.settings, { purpose: 'tokens', warn: () => undefined });
  const tokens = new RedisTokens(connection, maxAgeMs);
  t.teardown(() => tokens[Symbol.asyncDispose]());
  return tokens;
}

tokenCases(test, async (t) => {
  const [server, other] = await Promise.all([RedisServer.start(t), RedisServer.start(t)]);
  const maxAgeMs = 600_000;
  const client = server.client(t);
  return {
    here: await tokensOn(t, server, maxAgeMs),
    there: await tokensOn(t, server, maxAgeMs),
    elsewhere: await tokensOn(t, other, maxAgeMs),
    grow: async () => {
      const [seconds = 0] = await client.time();
      for (const key of await client.keys('*')) await client.hset(key, 'begun', (seconds - 601) * 1000);
    },
    knowsLast: true,
  };
});

test('every key has an expiry and the prefix of the registry', async (t) => {
  const server = await RedisServer.start(t);
  const tokens = await tokensOn(t, server);
  for (const state of STATES) await tokens.issue(state);
  const client = server.client(t);
  const keys = await client.keys('*');
  t.is(keys.length, STATES.length);
  for (const key of keys) {
    t.regex(key, /^stowage:upload:/);
    const ttl = await client.pttl(key);
    t.true(ttl > 167 * 3_600_000 && ttl <= 168 * 3_600_000, String(ttl));
  }
});

test('an upload that Redis has forgotten is unknown, and its status gives a token that is good again', async (t) => {
  const server = await RedisServer.start(t);
  const tokens = await tokensOn(t, server);
  const state = stateOf('a', 'u', 5);
  const old = await tokens.issue(state);
  await server.client(t).flushall();
  await t.throwsAsync(tokens.read(old), { code: 'BLOB_UPLOAD_INVALID' });
  t.deepEqual(await tokens.read(await tokens.issue(state)), state);
  await t.throwsAsync(tokens.read(old), { code: 'BLOB_UPLOAD_INVALID' }, 'its key was another one');
});

const FOREIGN: Readonly<Record<string, (server: RedisServer, t: ExecutionContext, key: string) => Promise<unknown>>> = {
  'a text': async (server, t, key) => server.client(t).set(key, 'something else'),
  'a list': async (server, t, key) => {
    await server.client(t).del(key);
    return server.client(t).rpush(key, 'a', 'b');
  },
  'a hash of other fields': async (server, t, key) => {
    await server.client(t).del(key);
    return server.client(t).hset(key, 'field', 'value');
  },
  'an offset that is no number': async (server, t, key) => server.client(t).hset(key, 'told', 'x'),
  'a name that cannot be': async (server, t, key) => server.client(t).hset(key, 'name', '../..'),
  'another upload': async (server, t, key) => server.client(t).hset(key, 'uuid', 'other'),
  'a time that is none': async (server, t, key) => server.client(t).hset(key, 'started', 'yesterday'),
};
for (const [what, spoil] of Object.entries(FOREIGN)) {
  test(`if Redis holds ${what} instead, nothing is trusted and the client may try again later`, async (t) => {
    const server = await RedisServer.start(t);
    const tokens = await tokensOn(t, server);
    const token = await tokens.issue(stateOf('a', 'u', 5));
    const [key = ''] = await server.client(t).keys('*');
    await spoil(server, t, key);
    const error = await t.throwsAsync(tokens.read(token), { instanceOf: RegistryError, code: 'UNAVAILABLE' });
    t.regex(String(error.cause), /not written by this registry|WRONGTYPE/);
  });
}

test('while Redis is unavailable, only its connection reports why, and not every refused request', async (t) => {
  const server = await RedisServer.start(t);
  const tokens = await tokensOn(t, server);
  const token = await tokens.issue(stateOf('a', 'u', 5));
  await server.kill();
  const refused = [await t.throwsAsync(tokens.read(token)), await t.throwsAsync(tokens.issue(stateOf('a', 'u', 6)))];
  for (const error of refused) t.like(error, { code: 'UNAVAILABLE', cause: undefined });
});

test('a token does not overwrite data of another program', async (t) => {
  const server = await RedisServer.start(t);
  const tokens = await tokensOn(t, server);
  await tokens.issue(stateOf('a', 'u', 5));
  const client = server.client(t);
  const [key = ''] = await client.keys('*');
  await client.del(key);
  await client.hset(key, 'field', 'value');
  await t.throwsAsync(tokens.issue(stateOf('a', 'u', 5)), { code: 'UNAVAILABLE' });
  t.deepEqual(await client.hgetall(key), { field: 'value' });
});
