import { once } from 'node:events';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisLocks } from '../../../plugins/coordination/redis/redis-locks.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

// In a file of its own, because it blocks everything else in its process.
const test = testsWithRedis('a lock of a stalled process');
const TIMES = { ttlMs: 600, renewMs: 100 };

test('a process that stalled for longer than the lock lasts knows at once that it was lost', async (t) => {
  const server = await RedisServer.start(t);
  const connection = await RedisConnection.open(server.settings, { purpose: 'locks', warn: () => undefined });
  t.teardown(() => connection[Symbol.asyncDispose]());
  const hold = await new RedisLocks(connection, TIMES).tryAcquire('upload:1');
  if (hold === undefined) throw new Error('nobody else is there');
  // Nothing of this process runs meanwhile, as with SIGSTOP.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, TIMES.ttlMs);
  await once(hold.lost, 'abort');
  t.regex(String(hold.lost.reason), /held up|in time/);
});
