import type { ExecutionContext } from 'ava';
import { digestOf } from '../../../core/digest/digest.ts';
import { parseRepositoryName } from '../../../core/model/reference.ts';
import type { StoredBlob } from '../../../core/ports/descriptor-cache.ts';
import { RedisDescriptors } from '../../../plugins/caches/redis-descriptors.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('the descriptor cache');
const NAME = parseRepositoryName('library/a');
const OTHER = parseRepositoryName('library/b');
const DIGEST = digestOf(Buffer.from('layer'));
const BLOB: StoredBlob = { digest: DIGEST, size: 5 };
const SET = `repository::${NAME}::blobs`;
const LINK = `${SET}::${DIGEST}`;
const CONTENT = `blobs::${DIGEST}`;

interface Instance {
  readonly cache: RedisDescriptors;
  readonly connection: RedisConnection;
  readonly warnings: string[];
}

async function instanceOn(t: ExecutionContext, server: RedisServer, settleMs = 0): Promise<Instance> {
  const warnings: string[] = [];
  const use = { purpose: 'cache', warn: (message: string) => void warnings.push(message) };
  const connection = await RedisConnection.open(server.settings, use);
  const cache = new RedisDescriptors(connection, settleMs);
  t.teardown(() => cache[Symbol.asyncDispose]());
  return { cache, connection, warnings };
}

/** As core does it: asks the cache, then the storage, then stores the answer in the cache. */
async function learn({ cache }: Instance, blob = BLOB, name = NAME): Promise<void> {
  await cache.get(name, DIGEST);
  await cache.set(name, DIGEST, blob, 0);
}

function isBack({ connection }: Instance): Promise<void> {
  return new Promise((resolve) => connection.onUp(resolve));
}

test('what one instance has learnt, all know, for this repository only, until one deletes it', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  t.is(await one.cache.get(NAME, DIGEST), undefined);
  await learn(one);
  t.deepEqual(await two.cache.get(NAME, DIGEST), BLOB);
  t.is(await two.cache.get(OTHER, DIGEST), undefined);
  await learn(two, BLOB, OTHER);
  await two.cache.delete(NAME, DIGEST);
  t.is(await one.cache.get(NAME, DIGEST), undefined);
  t.deepEqual(await one.cache.get(OTHER, DIGEST), BLOB);
});

test('the keys are those of distribution, and each expires', async (t) => {
  const server = await RedisServer.start(t);
  await learn(await instanceOn(t, server));
  const client = server.client(t);
  t.deepEqual((await client.keys('*')).toSorted(), [CONTENT, SET, LINK]);
  t.deepEqual(await client.smembers(SET), [DIGEST]);
  t.deepEqual(await client.hgetall(LINK), { mediatype: 'application/octet-stream' });
  t.deepEqual(await client.hgetall(CONTENT), { digest: DIGEST, size: '5', mediatype: 'application/octet-stream' });
  for (const key of [SET, LINK, CONTENT]) {
    const ttl = await client.pttl(key);
    t.true(ttl > 0 && ttl <= 600_000, `${key} ${ttl}`);
  }
});

test('entries that distribution has written are known, and expire from then on', async (t) => {
  const server = await RedisServer.start(t);
  const { cache } = await instanceOn(t, server);
  const client = server.client(t);
  const stored = digestOf(Buffer.from('the same by another algorithm'));
  await client.sadd(SET, DIGEST);
  await client.hset(LINK, 'mediatype', 'application/vnd.docker.image.rootfs.diff.tar.gzip');
  await client.hset(CONTENT, { digest: stored, size: '1234', mediatype: 'application/octet-stream' });
  t.deepEqual(await cache.get(NAME, DIGEST), { digest: stored, size: 1234 });
  for (const key of [SET, LINK, CONTENT]) t.true((await client.pttl(key)) > 0, key);
});

test('an entry that is deleted here is unknown to distribution as well', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  await learn(instance);
  await instance.cache.delete(NAME, DIGEST);
  const client = server.client(t);
  // The fields that distribution reads, all of which are required.
  t.is(await client.sismember(SET, DIGEST), 0);
  t.is(await client.hget(LINK, 'mediatype'), null);
});

test('an answer of the storage from before a delete elsewhere is not remembered after it', async (t) => {
  const server = await RedisServer.start(t);
  const [reader, deleter] = [await instanceOn(t, server), await instanceOn(t, server)];
  await reader.cache.get(NAME, DIGEST);
  const askedAt = performance.now();
  await deleter.cache.delete(NAME, DIGEST);
  await reader.cache.set(NAME, DIGEST, BLOB, performance.now() - askedAt);
  t.is(await reader.cache.get(NAME, DIGEST), undefined);
  t.is(await deleter.cache.get(NAME, DIGEST), undefined);
});

test('an answer from long before the oldest known delete is not remembered', async (t) => {
  const server = await RedisServer.start(t);
  const { cache } = await instanceOn(t, server);
  await cache.get(NAME, DIGEST);
  await cache.set(NAME, DIGEST, BLOB, 60_001);
  t.is(await cache.get(NAME, DIGEST), undefined);
});

test('a blob that is pushed again after its delete is remembered again', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  await learn(instance);
  await instance.cache.delete(NAME, DIGEST);
  // As if the delete had been some seconds ago.
  const [seconds = 0] = await server.client(t).time();
  await server.client(t).hset(LINK, 'stowage-gone', (seconds - 5) * 1000);
  await learn(instance);
  t.deepEqual(await instance.cache.get(NAME, DIGEST), BLOB);
});

test('a reader that is late at any of its steps restores nothing', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  await learn(instance);
  const client = server.client(t);
  await instance.cache.delete(NAME, DIGEST);
  // The last step of a reader that was delayed before it.
  await client.sadd(SET, DIGEST);
  t.is(await instance.cache.get(NAME, DIGEST), undefined);
});

const BROKEN: Readonly<Record<string, (server: RedisServer, t: ExecutionContext) => Promise<unknown>>> = {
  'no set': (server, t) => server.client(t).del(SET),
  'no content': (server, t) => server.client(t).del(CONTENT),
  'no media type': (server, t) => server.client(t).hdel(LINK, 'mediatype'),
  'no size': (server, t) => server.client(t).hdel(CONTENT, 'size'),
  'a size that is no number': (server, t) => server.client(t).hset(CONTENT, 'size', 'x'),
  'a size below 0': (server, t) => server.client(t).hset(CONTENT, 'size', '-1'),
  'a size past the safe integers': (server, t) => server.client(t).hset(CONTENT, 'size', '9007199254740993'),
  'a digest that is none': (server, t) => server.client(t).hset(CONTENT, 'digest', '../../etc/passwd'),
  'a text for the set': (server, t) => server.client(t).set(SET, 'x'),
  'a text for the link': (server, t) => server.client(t).set(LINK, 'x'),
  'a list for the content': async (server, t) => {
    await server.client(t).del(CONTENT);
    return server.client(t).rpush(CONTENT, 'x');
  },
};
for (const [what, spoil] of Object.entries(BROKEN)) {
  test(`an entry with ${what} is not trusted`, async (t) => {
    const server = await RedisServer.start(t);
    const instance = await instanceOn(t, server);
    await learn(instance);
    t.deepEqual(await instance.cache.get(NAME, DIGEST), BLOB);
    await spoil(server, t);
    t.is(await instance.cache.get(NAME, DIGEST), undefined);
    await t.notThrowsAsync(instance.cache.set(NAME, DIGEST, BLOB, 0));
    await t.notThrowsAsync(instance.cache.delete(NAME, DIGEST));
    t.is(await instance.cache.get(NAME, DIGEST), undefined);
  });
}

test('without Redis nothing is known, with one warning and one line when it is back', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  await learn(instance);
  const back = isBack(instance);
  await server.kill();
  for (let round = 0; round < 100; round++) {
    t.is(await instance.cache.get(NAME, DIGEST), undefined);
    await instance.cache.set(NAME, DIGEST, BLOB, 0);
    await instance.cache.delete(OTHER, DIGEST);
  }
  await server.start();
  await back;
  await learn(instance);
  t.deepEqual(await instance.cache.get(NAME, DIGEST), BLOB);
  t.deepEqual(
    instance.warnings.map((line) => line.split(':', 1)[0]),
    ['Redis is unavailable (cache)', 'Redis is available again (cache)'],
  );
});

test('a Redis that hangs costs one wait, and then nothing', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  await learn(instance);
  server.pause();
  t.teardown(() => server.resume());
  t.is(await instance.cache.get(NAME, DIGEST), undefined);
  t.false(instance.connection.isUp);
  // If each waited, these would take longer than the suite may.
  for (let round = 0; round < 1000; round++) t.is(await instance.cache.get(NAME, DIGEST), undefined);
  t.is(instance.warnings.length, 1);
});

test('a delete during an outage is reported when Redis, which has kept everything, is back', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  await learn(one);
  server.pause();
  t.teardown(() => server.resume());
  await one.cache.delete(NAME, DIGEST);
  t.false(one.connection.isUp);
  const back = isBack(one);
  server.resume();
  await back;
  t.is(await one.cache.get(NAME, DIGEST), undefined, 'not believed here, told or not');
  while ((await two.cache.get(NAME, DIGEST)) !== undefined);
  t.is(await server.client(t).hget(LINK, 'mediatype'), null);
});

test('after an outage nothing is trusted until others had time to report their deletes', async (t) => {
  const server = await RedisServer.start(t);
  const [one, patient, soon] = [
    await instanceOn(t, server),
    await instanceOn(t, server, Number.POSITIVE_INFINITY),
    await instanceOn(t, server, 300),
  ];
  await learn(one);
  t.is(await patient.cache.get(NAME, DIGEST), undefined);
  let found: StoredBlob | undefined;
  while (found === undefined) found = await soon.cache.get(NAME, DIGEST);
  t.deepEqual(found, BLOB);
});
