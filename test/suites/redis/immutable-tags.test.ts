import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { FAR_STORAGE } from '../../helpers/drivers/far-storage.ts';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { ALL_IMMUTABLE, connections, raceForTag, raceWithDeletes } from '../../helpers/http/tag-races.ts';
import { type RunningWorkers, type WorkerConnection, withWorkers } from '../../helpers/http/with-workers.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const ROUNDS = 30;

const test = testsWithRedis('immutable tags of several instances');

/** Four connections to each of two instances of two workers, which share a storage and a Redis. */
async function instances(t: ExecutionContext): Promise<{ server: RedisServer; all: readonly WorkerConnection[] }> {
  const server = await RedisServer.start(t);
  const differences = {
    storage: { filesystem: { rootdirectory: join(await tempRoot(t), 'root') }, delete: { enabled: true } },
    others: {
      middleware: { ...ALL_IMMUTABLE.middleware, storage: [{ name: FAR_STORAGE }] },
      redis: { addrs: [`127.0.0.1:${server.port}`], maxretrybackoff: '100ms' },
    },
  };
  const start = (): Promise<RunningWorkers> => withWorkers(t, { secret: 'of both' }, differences);
  return { server, all: await connections(t, [await start(), await start()], 4) };
}

test('of eight pushes of a new tag at once to two instances one wins, and the others are denied', async (t) => {
  const { all } = await instances(t);
  for (let round = 0; round < ROUNDS; round += 1) await raceForTag(t, all, `v${round}`);
});

test('pushes of a new tag and deletes of it and of its manifest have their effect one after the other in two instances', async (t) => {
  const { all } = await instances(t);
  for (let round = 0; round < ROUNDS; round += 1) await raceWithDeletes(t, all, `v${round}`);
});

test('connections to Redis that are cut change nothing about who wins', async (t) => {
  const { server, all } = await instances(t);
  const client = server.client(t);
  for (let round = 0; round < ROUNDS; round += 1) {
    await Promise.all([
      raceForTag(t, all, `v${round}`),
      client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    ]);
  }
});
