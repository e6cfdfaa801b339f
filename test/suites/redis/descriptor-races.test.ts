import { randomInt } from 'node:crypto';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import { RedisDescriptors } from '../../../plugins/caches/redis-descriptors.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';
import { Random } from '../simulation/random.ts';

const test = testsWithRedis('races of the descriptor cache');
const NAME = parseRepositoryName('library/a');
const ROUNDS = 300;

async function cacheOn(t: ExecutionContext, server: RedisServer): Promise<RedisDescriptors> {
  const connection = await RedisConnection.open(server.settings, { purpose: 'cache', warn: () => undefined });
  const cache = new RedisDescriptors(connection, 0);
  t.teardown(() => cache[Symbol.asyncDispose]());
  return cache;
}

test('readers and a deleter of one blob, in any order, never leave it known', async (t) => {
  const seed = randomInt(1, 2 ** 31);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  const server = await RedisServer.start(t);
  const caches = await Promise.all(Array.from({ length: 3 }, () => cacheOn(t, server)));
  const dawdle = async (): Promise<void> => {
    for (let left = random.below(8); left > 0; left--) await nextRound();
  };
  let noted = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const digest = digestOf(Buffer.from(`blob ${round}`));
    let isStored = true;
    const read = async (cache: RedisDescriptors): Promise<void> => {
      await dawdle();
      if ((await cache.get(NAME, digest)) !== undefined) return;
      const askedAt = performance.now();
      await dawdle();
      const wasStored = isStored;
      await dawdle();
      if (wasStored) await cache.set(NAME, digest, { digest, size: 1 }, performance.now() - askedAt);
      if (isStored) noted += 1;
    };
    const remove = async (cache: RedisDescriptors): Promise<void> => {
      await dawdle();
      await dawdle();
      isStored = false;
      await dawdle();
      await cache.delete(NAME, digest);
    };
    await Promise.all([...caches.map(read), ...caches.map(read), remove(random.pick(caches))]);
    for (const cache of caches) {
      t.is(await cache.get(NAME, digest), undefined, `seed ${seed}, round ${round}: it came back`);
    }
  }
  t.true(noted > 0, 'nothing was ever noted, so that nothing was tried');
});
