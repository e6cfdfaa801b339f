import { redis } from '../../../cli/doctor/checks/redis.ts';
import { examineRedis } from '../../../plugins/coordination/redis/examine-redis.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { examined, loadedFrom, troubles } from '../../helpers/running/examined.ts';

const test = testsWithRedis('examining Redis');

test('a Redis as it is installed allows everything, and keeps nothing of the examination', async (t) => {
  const server = await RedisServer.start(t);
  const facts = await examineRedis(server.settings);
  t.regex(facts.version ?? '', /^\d+\.\d+/);
  t.deepEqual(facts.refused, []);
  t.deepEqual(facts.eviction, { policy: 'noeviction', maxBytes: 0 });
  t.true(Math.abs(facts.clock.at - Date.now()) < 60_000);
  t.deepEqual(await server.client(t).keys('*'), []);
  const given = { ...examined(t, await loadedFrom({})), redis: async () => server.settings };
  t.deepEqual(await troubles(redis, given), []);
});

test('commands that the user may not run are named, and so is a setting that it may not read', async (t) => {
  const server = await RedisServer.start(t);
  const rules = ['on', '>sesame', '~stowage:*', '&stowage:*', '+@all', '-zadd', '-pexpire', '-config', '-subscribe'];
  await server.client(t).call('ACL', 'SETUSER', 'registry', ...rules);
  const settings = { ...server.settings, username: 'registry', password: 'sesame' };
  const facts = await examineRedis(settings);
  t.deepEqual([...facts.refused].sort(), ['PEXPIRE', 'SUBSCRIBE', 'ZADD']);
  t.is(facts.eviction, undefined);
  const given = { ...examined(t, await loadedFrom({})), redis: async () => settings };
  t.deepEqual(await troubles(redis, given), [
    'failure: the user may not run PEXPIRE, ZADD, SUBSCRIBE',
    'note: the user may not read maxmemory-policy',
  ]);
});

test('a Redis that forgets keys when it is full is a warning', async (t) => {
  const server = await RedisServer.start(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
  const given = { ...examined(t, await loadedFrom({})), redis: async () => server.settings };
  t.deepEqual(await troubles(redis, given), [
    'warning: maxmemory-policy is allkeys-lru: a full Redis removes locks and the state of uploads',
  ]);
});
