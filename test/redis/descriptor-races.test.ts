import { randomInt } from 'node:crypto';
import { setImmediate as nextRound } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { digestOf } from '../../core/digest.ts';
import type { StoredBlob } from '../../core/ports.ts';
import { parseRepositoryName } from '../../core/reference.ts';
import { RedisDescriptors } from '../../plugins/caches/redis-descriptors.ts';
import { RedisConnection } from '../../plugins/redis/redis-connection.ts';
import { RedisServer } from '../helpers/redis-server.ts';
import { testsWithRedis } from '../helpers/redis-test.ts';
import { Random } from '../simulation/random.ts';

const test = testsWithRedis('races of the descriptor cache');
const NAME = parseRepositoryName('library/a');
const BLOBS = Array.from({ length: 4 }, (_, index) => digestOf(Buffer.from(`blob ${index}`)));
const ROUNDS = 400;

/** What the storage has, and since when a blob is gone for everybody. */
class Storage {
  readonly present = new Set<string>(BLOBS);
  readonly gone = new Map<string, number>();
  clock = 0;
}

async function cacheOn(t: ExecutionContext, server: RedisServer): Promise<RedisDescriptors> {
  const connection = await RedisConnection.open(server.settings, { purpose: 'cache', warn: () => undefined });
  const cache = new RedisDescriptors(connection, 0);
  t.teardown(() => cache[Symbol.asyncDispose]());
  return cache;
}

test('readers and deleters in any order never bring back what was deleted', async (t) => {
  const seed = randomInt(1, 2 ** 31);
  t.log(`seed ${seed}`);
  const random = new Random(seed);
  const server = await RedisServer.start(t);
  const caches = await Promise.all(Array.from({ length: 3 }, () => cacheOn(t, server)));
  const storage = new Storage();
  let hits = 0;

  const dawdle = async (): Promise<void> => {
    for (let left = random.below(6); left > 0; left--) await nextRound();
  };
  const read = async (cache: RedisDescriptors, blob: (typeof BLOBS)[number]): Promise<void> => {
    storage.clock += 1;
    const begun = storage.clock;
    const found = await cache.get(NAME, blob);
    const goneSince = storage.gone.get(blob);
    if (found !== undefined) {
      hits += 1;
      t.false(goneSince !== undefined && goneSince < begun, `seed ${seed}: ${blob} came back`);
      return;
    }
    await dawdle();
    const askedAt = performance.now();
    const isThere = storage.present.has(blob);
    await dawdle();
    const stored: StoredBlob = { digest: blob, size: 1 };
    if (isThere) await cache.set(NAME, blob, stored, performance.now() - askedAt);
  };
  const remove = async (cache: RedisDescriptors, blob: (typeof BLOBS)[number]): Promise<void> => {
    storage.present.delete(blob);
    await dawdle();
    await cache.delete(NAME, blob);
    storage.clock += 1;
    if (!storage.gone.has(blob)) storage.gone.set(blob, storage.clock);
  };

  const late: Promise<void>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const isDelete = round > ROUNDS / 2 && random.chance(1 / 40);
    await Promise.all(
      caches.map(async (cache) => {
        await (isDelete ? remove(cache, random.pick(BLOBS)) : read(cache, random.pick(BLOBS)));
      }),
    );
    // Some go on beside those of the next round.
    late.push(read(random.pick(caches), random.pick(BLOBS)));
  }
  await Promise.all(late);
  for (const blob of BLOBS) await Promise.all(caches.map((cache) => remove(cache, blob)));
  for (const blob of BLOBS) {
    for (const cache of caches) t.is(await cache.get(NAME, blob), undefined, `seed ${seed}`);
  }
  t.true(hits > 0, 'without hits nothing was tried');
});
