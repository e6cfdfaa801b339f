import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { ProcessLocks } from '../../../plugins/coordination/process/process-locks.ts';
import { LayeredLocks } from '../../../plugins/coordination/redis/layered-locks.ts';
import { RedisConnection } from '../../../plugins/coordination/redis/redis-connection.ts';
import { RedisError } from '../../../plugins/coordination/redis/redis-error.ts';
import { RedisLocks } from '../../../plugins/coordination/redis/redis-locks.ts';
import { RedisServer } from '../../helpers/processes/redis-server.ts';
import { testsWithRedis } from '../../helpers/processes/redis-test.ts';

const test = testsWithRedis('locks');
/** A busy machine delays a process, so that only a long-lasting lock is certain not to be lost. */
const LONG = { ttlMs: 60_000, renewMs: 100 };
const SHORT = { ttlMs: 4_000, renewMs: 100 };

interface Instance {
  readonly connection: RedisConnection;
  readonly locks: RedisLocks;
  readonly layered: LayeredLocks;
  readonly warnings: string[];
}

async function instanceOn(t: ExecutionContext, server: RedisServer, times = LONG): Promise<Instance> {
  const warnings: string[] = [];
  const use = { purpose: 'locks', warn: (message: string) => void warnings.push(message) };
  const connection = await RedisConnection.open(server.settings, use);
  t.teardown(() => connection[Symbol.asyncDispose]());
  const locks = new RedisLocks(connection, times);
  return { connection, locks, layered: new LayeredLocks(new ProcessLocks(), locks), warnings };
}

async function held<Held>(taking: Promise<Held | undefined>): Promise<Held> {
  const hold = await taking;
  if (hold === undefined) throw new Error('the lock is held by somebody else');
  return hold;
}

/** Resolves once the connection is there again. */
function isBack({ connection }: Instance): Promise<void> {
  return new Promise((resolve) => connection.onUp(resolve));
}

test('one instance holds a lock, others are refused until it releases it, and other locks are free', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  const hold = await held(one.locks.tryAcquire('upload:1'));
  t.is(await two.locks.tryAcquire('upload:1'), undefined);
  await using _other = await held(two.locks.tryAcquire('upload:2'));
  await hold[Symbol.asyncDispose]();
  const second = await held(two.locks.tryAcquire('upload:1'));
  await hold[Symbol.asyncDispose]();
  t.is(await one.locks.tryAcquire('upload:1'), undefined, 'a second release releases nothing');
  await second[Symbol.asyncDispose]();
  t.false(hold.lost.aborted || second.lost.aborted);
});

test('of a hundred that want a lock at the same time one gets it', async (t) => {
  const server = await RedisServer.start(t);
  const instances = await Promise.all(Array.from({ length: 10 }, () => instanceOn(t, server)));
  const taken = await Promise.all(
    Array.from({ length: 10 }, () => instances.map(({ layered }) => layered.tryAcquire('upload:1'))).flat(),
  );
  t.is(taken.filter((hold) => hold !== undefined).length, 1);
});

test('fencing numbers grow with each holder, even after Redis was emptied', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  const fences: number[] = [];
  for (const { locks } of [one, two, one]) {
    await using hold = await held(locks.tryAcquire('upload:1'));
    fences.push(hold.fence);
  }
  await server.client(t).flushall();
  await using last = await held(two.locks.tryAcquire('upload:1'));
  fences.push(last.fence);
  t.deepEqual(
    fences,
    fences.toSorted((a, b) => a - b),
  );
  t.is(new Set(fences).size, fences.length);
  t.true(fences.every(Number.isSafeInteger));
});

test('every key has an expiry, the prefix of the registry, and the hash tag of its lock', async (t) => {
  const server = await RedisServer.start(t);
  const { locks } = await instanceOn(t, server);
  await using _hold = await held(locks.tryAcquire('upload:1'));
  const client = server.client(t);
  for (const key of await client.keys('*')) {
    t.regex(key, /^stowage:lock:\{upload:1\}/);
    t.true((await client.pttl(key)) > 0);
  }
});

test('a lock is kept for as long as it is held, and expires when its holder is gone', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server, SHORT), await instanceOn(t, server, SHORT)];
  const hold = await held(one.locks.tryAcquire('upload:1'));
  const client = server.client(t);
  // It could not still exist without a renewal.
  const start = performance.now();
  while (performance.now() - start < SHORT.ttlMs * 1.5) {
    t.is(await client.exists('stowage:lock:{upload:1}'), 1);
    t.is(await two.locks.tryAcquire('upload:1'), undefined);
  }
  t.false(hold.lost.aborted);
  // As if its process had been killed.
  await one.connection[Symbol.asyncDispose]();
  let taken: Awaited<ReturnType<RedisLocks['tryAcquire']>>;
  while (taken === undefined) taken = await two.locks.tryAcquire('upload:1');
  t.true(taken.fence > hold.fence);
});

test('a holder whose lock was taken is notified, and does not release the lock of the other', async (t) => {
  const server = await RedisServer.start(t);
  const { locks } = await instanceOn(t, server);
  const hold = await held(locks.tryAcquire('upload:1'));
  const client = server.client(t);
  await client.set('stowage:lock:{upload:1}', 'somebody/1');
  if (!hold.lost.aborted) await once(hold.lost, 'abort');
  t.regex(String(hold.lost.reason), /another process has it/);
  await hold[Symbol.asyncDispose]();
  t.is(await client.get('stowage:lock:{upload:1}'), 'somebody/1');
});

test('a Redis that comes back empty soon gives the lock back to its holder', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  const hold = await held(instance.locks.tryAcquire('upload:1'));
  const back = isBack(instance);
  await server.kill();
  await server.start();
  await back;
  const other = await instanceOn(t, server);
  await hold.renew();
  t.is(await other.locks.tryAcquire('upload:1'), undefined);
  t.false(hold.lost.aborted);
});

test('without Redis the locks of the process apply, with one warning and one line when it is back', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  const other = await instanceOn(t, server);
  const before = await held(instance.layered.tryAcquire('upload:0'));
  const back = Promise.all([isBack(instance), isBack(other)]);
  await server.kill();
  for (let round = 0; round < 3; round++) {
    const hold = await held(instance.layered.tryAcquire('upload:1'));
    t.is(await instance.layered.tryAcquire('upload:1'), undefined, 'this instance still excludes itself');
    await hold[Symbol.asyncDispose]();
  }
  t.false(before.lost?.aborted ?? true, 'nobody can have taken it');
  t.deepEqual(
    instance.warnings.map((line) => line.split(':', 1)[0]),
    ['Redis is unavailable (locks)'],
  );
  await server.start();
  await back;
  await using _hold = await held(instance.layered.tryAcquire('upload:1'));
  t.is(await other.layered.tryAcquire('upload:1'), undefined);
  t.deepEqual(
    instance.warnings.map((line) => line.split(':', 1)[0]),
    ['Redis is unavailable (locks)', 'Redis is available again (locks)'],
  );
});

test('a holder whose lock was taken during an outage is notified at its end', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  const hold = await held(instance.layered.tryAcquire('upload:1'));
  await server.kill();
  await server.start();
  const client = server.client(t);
  await client.set('stowage:lock:{upload:1}', 'somebody/1');
  if (!hold.lost?.aborted) await once(hold.lost as AbortSignal, 'abort');
  t.regex(String(hold.lost?.reason), /another process has it/);
});

test('a Redis that hangs costs one wait, then the locks of the process apply', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  server.pause();
  t.teardown(() => server.resume());
  await using _first = await held(instance.layered.tryAcquire('upload:1'));
  t.false(instance.connection.isUp);
  for (let round = 0; round < 1000; round++) await held(instance.layered.tryAcquire(`upload:${round + 2}`));
  t.is(instance.warnings.length, 1);
  const back = isBack(instance);
  server.resume();
  await back;
  await using _last = await held(instance.locks.tryAcquire('upload:3000'));
});

test('a lock under data of another program falls back to the process, and says why', async (t) => {
  const server = await RedisServer.start(t);
  const instance = await instanceOn(t, server);
  const client = server.client(t);
  await client.rpush('stowage:lock:{upload:1}', 'a');
  await using _hold = await held(instance.layered.tryAcquire('upload:1'));
  t.is(await instance.layered.tryAcquire('upload:1'), undefined);
  t.regex(instance.warnings.join(), /answered with an error \(locks\): .*WRONGTYPE/);
  t.deepEqual(await client.lrange('stowage:lock:{upload:1}', 0, -1), ['a']);
});

test('a lock is acquired and released although the connection is cut, so that no other instance waits for its expiry', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  const client = server.client(t);
  const cut = async (): Promise<void> => void (await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'));
  for (let round = 0; round < 10; round += 1) {
    await cut();
    const hold = await held(one.locks.tryAcquire('upload:1'));
    t.is(await two.locks.tryAcquire('upload:1'), undefined);
    await cut();
    await hold[Symbol.asyncDispose]();
    await (await held(two.locks.tryAcquire('upload:1')))[Symbol.asyncDispose]();
    t.false(hold.lost.aborted);
  }
});

test('a lock that is released while it is being renewed stays free for others, even if the connection is cut', async (t) => {
  const server = await RedisServer.start(t);
  const [one, two] = [await instanceOn(t, server), await instanceOn(t, server)];
  const client = server.client(t);
  for (let round = 0; round < 20; round += 1) {
    const hold = await held(one.locks.tryAcquire('upload:1'));
    await client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    const renewals = [hold.renew(), delay(round).then(() => hold.renew())];
    await delay(round);
    await hold[Symbol.asyncDispose]();
    await Promise.all(renewals);
    const other = await two.locks.tryAcquire('upload:1');
    t.truthy(other, `in round ${round}`);
    await other?.[Symbol.asyncDispose]();
  }
});

test('a Redis that is gone for good costs one wait, and then none', async (t) => {
  const server = await RedisServer.start(t);
  const one = await instanceOn(t, server);
  const hold = await held(one.locks.tryAcquire('upload:1'));
  await server.kill();
  await hold[Symbol.asyncDispose]();
  await t.throwsAsync(one.locks.tryAcquire('upload:1'), { instanceOf: RedisError });
  await using local = await one.layered.tryAcquire('upload:1');
  t.truthy(local);
});
