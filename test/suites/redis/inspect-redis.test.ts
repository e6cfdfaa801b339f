import { inspectRedis } from '../../../plugins/coordination/redis/inspect-redis.ts';
import { RedisServer, settingsOf } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('looking at Redis');

test('a Redis that takes scripts which write can be used, and keeps nothing of the inspection', async (t) => {
  const server = await RedisServer.start(t);
  await inspectRedis(server.settings);
  t.deepEqual(await server.client(t).keys('*'), []);
});

test('a Redis that takes no writes cannot be used', async (t) => {
  const server = await RedisServer.start(t, ['--min-replicas-to-write', '1']);
  await t.throwsAsync(inspectRedis(server.settings), { message: /Redis cannot be used: .*NOREPLICAS/ });
});

test('a Redis that wants a password cannot be used without it, which is not repeated', async (t) => {
  const server = await RedisServer.start(t, ['--requirepass', 'sesame']);
  await t.throwsAsync(inspectRedis(server.settings), { message: /Redis cannot be used: .*(?:NOAUTH|auth)/i });
  const wrong = { ...server.settings, password: 'open' };
  const error = await t.throwsAsync(inspectRedis(wrong), { message: /Redis cannot be used: .*WRONGPASS/ });
  t.notRegex(String(error), /sesame|open/);
  await t.notThrowsAsync(inspectRedis({ ...server.settings, password: 'sesame' }));
});

test('the inspection gives up on a Redis that is away or hangs', async (t) => {
  await t.throwsAsync(inspectRedis(settingsOf([{ host: '127.0.0.1', port: 1 }])), { message: /ECONNREFUSED/ });
  const server = await RedisServer.start(t);
  server.pause();
  await t.throwsAsync(inspectRedis({ ...server.settings, readTimeoutMs: 100 }), { message: /Redis cannot be used/ });
  server.resume();
});
