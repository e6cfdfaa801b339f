import { setImmediate as nextRound } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { RedisBroadcast } from '../../../plugins/coordination/redis/redis-broadcast.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import type { RedisSettings } from '../../../plugins/coordination/redis/redis-settings.ts';
import { CuttableProxy } from '../../helpers/processes/cuttable-proxy.ts';
import { RedisServer, settingsOf } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('messages between instances');

interface Instance {
  readonly broadcast: RedisBroadcast;
  /** The received messages; `missed` where some may have been missed. */
  readonly heard: string[];
}

async function instanceOn(t: ExecutionContext, settings: RedisSettings): Promise<Instance> {
  const connection = await RedisConnection.open(settings, { purpose: 'message', warn: () => undefined });
  const broadcast = new RedisBroadcast(connection, settings);
  t.teardown(async () => {
    await broadcast[Symbol.asyncDispose]();
    await connection[Symbol.asyncDispose]();
  });
  const heard: string[] = [];
  broadcast.subscribe(
    'cache',
    (text) => void heard.push(text),
    () => void heard.push('missed'),
  );
  return { broadcast, heard };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await nextRound();
}

const listens = ({ broadcast }: Instance): Promise<void> => until(() => broadcast.isConnected);

test('a message is published when every other instance has acted on it, and no instance hears its own', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two, three] = await Promise.all([1, 2, 3].map(() => instanceOn(t, server.settings)));
  if (!one || !two || !three) throw new Error('three were started');
  t.false(one.broadcast.isConnected, 'nothing is believed before the first proof');
  await Promise.all([one, two, three].map(listens));
  for (const { heard } of [one, two, three]) heard.length = 0;
  const text = 'library/a@sha256:1 with a "quote"\n';
  await one.broadcast.publish('cache', text);
  t.deepEqual([one.heard, two.heard, three.heard], [[], [text], [text]]);
  await Promise.all(Array.from({ length: 50 }, (_, index) => two.broadcast.publish('cache', `message ${index}`)));
  t.is(one.heard.length, 50);
  t.is(three.heard.length, 51);
  t.false([one, two, three].some(({ heard }) => heard.includes('missed')));
});

test('an instance that is alone, or whose neighbour has left, does not wait', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server.settings);
  await listens(one);
  const connection = await RedisConnection.open(server.settings, { purpose: 'message', warn: () => undefined });
  const two = new RedisBroadcast(connection, server.settings);
  await until(() => two.isConnected);
  await two[Symbol.asyncDispose]();
  await connection[Symbol.asyncDispose]();
  t.is(await server.client(t).zcard('stowage:{broadcast}:members'), 1);
  await t.notThrowsAsync(one.broadcast.publish('cache', 'x'));
});

test('registries in other databases of one Redis do not hear each other', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server.settings);
  const other = await instanceOn(t, { ...server.settings, database: 1 });
  await Promise.all([listens(one), listens(other)]);
  other.heard.length = 0;
  await one.broadcast.publish('cache', 'x');
  await one.broadcast.publish('cache', 'y');
  await other.broadcast.publish('cache', 'z');
  t.deepEqual(other.heard, []);
});

test('after a broken connection everything counts as missed before anything is trusted again', async (t) => {
  const server = await RedisServer.start(t);
  const proxy = await CuttableProxy.start(t, server.port);
  const one = await instanceOn(t, server.settings);
  const two = await instanceOn(t, settingsOf([{ host: '127.0.0.1', port: proxy.port }]));
  await Promise.all([listens(one), listens(two)]);
  two.heard.length = 0;
  proxy.breakAll();
  await until(() => !two.broadcast.isConnected);
  await listens(two);
  t.deepEqual(two.heard, ['missed']);
  await one.broadcast.publish('cache', 'x');
  t.deepEqual(two.heard, ['missed', 'x']);
});

test('an instance that is cut off knows it before others stop waiting for it', async (t) => {
  const server = await RedisServer.start(t);
  const proxy = await CuttableProxy.start(t, server.port);
  const one = await instanceOn(t, server.settings);
  const two = await instanceOn(t, settingsOf([{ host: '127.0.0.1', port: proxy.port }]));
  await Promise.all([listens(one), listens(two)]);
  // Nothing breaks, but nothing arrives either.
  proxy.hold();
  await one.broadcast.publish('cache', 'x');
  t.false(two.heard.includes('x'));
  t.false(two.broadcast.isConnected);
});

test('messages that cannot be sent count as published when all others have stopped listening', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server.settings), await instanceOn(t, server.settings)];
  await Promise.all([listens(one), listens(two)]);
  server.pause();
  t.teardown(() => server.resume());
  await one.broadcast.publish('cache', 'x');
  t.false(one.broadcast.isConnected || two.broadcast.isConnected);
  // Only the first ones of an outage wait: if each did, these would take longer than the suite may.
  for (let round = 0; round < 100; round++) await one.broadcast.publish('cache', 'y');
});

test('a Redis that comes back empty is noticed, and messages continue', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server.settings), await instanceOn(t, server.settings)];
  await Promise.all([listens(one), listens(two)]);
  await one.broadcast.publish('cache', 'a');
  await server.kill();
  await until(() => !one.broadcast.isConnected && !two.broadcast.isConnected);
  await server.start();
  await Promise.all([listens(one), listens(two)]);
  two.heard.length = 0;
  await one.broadcast.publish('cache', 'b');
  t.deepEqual(two.heard, ['b']);
});

test('a lost message is noticed with the next heartbeat', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server.settings);
  await listens(one);
  one.heard.length = 0;
  // As if messages had been published that did not arrive.
  await server.client(t).incr('stowage:{broadcast}:last');
  await until(() => one.heard.length > 0);
  t.deepEqual(one.heard, ['missed']);
  t.true(one.broadcast.isConnected);
});

test('messages of other programs on the channel are ignored', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server.settings);
  await listens(one);
  one.heard.length = 0;
  const client = server.client(t);
  for (const text of ['hello', '{}', '{"kind":"message"}', '[1]', '{"kind":"ping","last":"x","text":"1"}']) {
    t.is(await client.publish('stowage:0:message', text), 1);
  }
  const two = await instanceOn(t, server.settings);
  await listens(two);
  await two.broadcast.publish('cache', 'x');
  t.deepEqual(one.heard, ['x']);
});

test('every key has an expiry and the prefix of the registry', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server.settings);
  await listens(one);
  await one.broadcast.publish('cache', 'x');
  const client = server.client(t);
  const keys = await client.keys('*');
  t.is(keys.length, 2);
  for (const key of keys) {
    t.regex(key, /^stowage:\{broadcast\}:/);
    t.true((await client.pttl(key)) > 0);
  }
});

for (const readTimeoutMs of [3_000, 60_000]) {
  test(`messages are published within five seconds when Redis hangs, though an answer may take ${readTimeoutMs} ms`, async (t) => {
    const server = await RedisServer.start(t);
    const settings = { ...server.settings, readTimeoutMs };
    const [one, two] = await Promise.all([1, 2].map(() => instanceOn(t, settings)));
    if (!one || !two) throw new Error('two were started');
    await Promise.all([one, two].map(listens));
    server.pause();
    t.teardown(() => server.resume());
    const askedAt = performance.now();
    await one.broadcast.publish('cache', 'gone');
    const tookMs = performance.now() - askedAt;
    t.true(tookMs < 5_000, `${tookMs} ms`);
    t.false(two.broadcast.isConnected, 'nobody trusts its memory by then');
    server.resume();
  });
}
