import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import type { Locks } from '../../../../core/ports/locks.ts';
import { singleProcess } from '../../../../plugins/coordination/coordination.ts';
import { SharedMutex } from '../../../../plugins/registry-wrappers/immutable-tags/shared-mutex.ts';

test('actions of two processes with the same locks never overlap if they share a key', async (t) => {
  const { locks } = singleProcess();
  const processes = [new SharedMutex(locks), new SharedMutex(locks)];
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  const keys = [['a', 'b'], ['b'], ['a', 'b', 'c'], ['b', 'c']];
  await Promise.all(processes.flatMap((mutex) => keys.map((wanted) => mutex.run(wanted, work))));
  t.is(most, 1);
});

test('many changes in one process let in one that waits in another', async (t) => {
  const { locks } = singleProcess();
  const [busy, other] = [new SharedMutex(locks), new SharedMutex(locks)];
  let isOver = false;
  const repeat = async (): Promise<void> => {
    while (!isOver) await busy.run(['a'], () => new Promise((resolve) => setImmediate(resolve)));
  };
  const many = [repeat(), repeat(), repeat()];
  await other.run(['a'], async () => void (isOver = true));
  await t.notThrowsAsync(Promise.all(many));
});

test('an action waits up to a limit for a key that another process holds', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  const run = new SharedMutex(locks, 0).run(['a'], async () => t.fail());
  const error = await t.throwsAsync(run, { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
});

test('actions that wait for a lock of another process give up together, not one after the other', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  let requests = 0;
  const counting: Locks = {
    tryAcquire: (key) => {
      requests += 1;
      return locks.tryAcquire(key);
    },
  };
  const mutex = new SharedMutex(counting, 20);
  const waiting = Array.from({ length: 3 }, () =>
    t.throwsAsync(
      mutex.run(['a'], async () => t.fail()),
      { instanceOf: RegistryError },
    ),
  );
  await waiting[0];
  const whenFirstGaveUp = requests;
  await Promise.all(waiting);
  // Each of the others asks once more; asking for 20 ms takes four requests.
  t.true(requests - whenFirstGaveUp <= 2, `${requests} requests, of which ${whenFirstGaveUp} were the first ones`);
});

test('a nested action has the keys of the outer one, and acquires those that it lacks', async (t) => {
  const { locks } = singleProcess();
  const [outer, inner] = [new SharedMutex(locks, 0), new SharedMutex(locks, 0)];
  await outer.run(['a', 'b'], () =>
    inner.run(['a', 'b', 'c'], async () => {
      for (const key of ['a', 'b', 'c']) t.is(await locks.tryAcquire(key), undefined);
    }),
  );
  for (const key of ['a', 'b', 'c']) t.not(await locks.tryAcquire(key), undefined);
});

test('a nested action loses its keys together with the lock of the outer one', async (t) => {
  const lost: Locks = {
    tryAcquire: async () => ({ lost: AbortSignal.abort(), [Symbol.asyncDispose]: async () => undefined }),
  };
  const inner = new SharedMutex(singleProcess().locks);
  const nested = new SharedMutex(lost).run(['a'], () => inner.run(['a'], async (held) => held.checkHeld()));
  t.is((await t.throwsAsync(nested, { instanceOf: RegistryError })).code, 'UNAVAILABLE');
});

test('an action that outlives the outer one no longer has its keys', async (t) => {
  const { locks } = singleProcess();
  const mutex = new SharedMutex(locks, 0);
  const over = Promise.withResolvers<void>();
  let late: Promise<unknown> | undefined;
  await mutex.run(['a'], async () => {
    late = over.promise.then(() => mutex.run(['a'], async () => t.fail()));
  });
  await using _ = await locks.tryAcquire('a');
  over.resolve();
  const error = await t.throwsAsync(async () => late, { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
});

test('a holder that has lost its lock gets an error before the change', async (t) => {
  const locks: Locks = {
    tryAcquire: async () => ({ lost: AbortSignal.abort(), [Symbol.asyncDispose]: async () => undefined }),
  };
  const error = await t.throwsAsync(
    new SharedMutex(locks).run(['a'], async (held) => held.checkHeld()),
    { instanceOf: RegistryError },
  );
  t.is(error.code, 'UNAVAILABLE');
});

test('an action that failed releases its keys', async (t) => {
  const mutex = new SharedMutex(singleProcess().locks);
  await t.throwsAsync(
    mutex.run(['a'], () => Promise.reject(new Error('disk full'))),
    { message: 'disk full' },
  );
  t.is(await mutex.run(['a'], async () => 'done'), 'done');
});

test('an action waits up to a limit for a key that another one of this process holds', async (t) => {
  const mutex = new SharedMutex(singleProcess().locks, 1);
  const held = Promise.withResolvers<void>();
  const running = mutex.run(['a', 'b'], () => held.promise);
  for (const keys of [['a'], ['b'], ['0', 'a']]) {
    const waiting = mutex.run(keys, async () => t.fail());
    t.is((await t.throwsAsync(waiting, { instanceOf: RegistryError })).code, 'UNAVAILABLE');
  }
  held.resolve();
  await running;
  t.is(await mutex.run(['a', 'b', '0'], async () => 'done'), 'done');
});

test('an aborted action stops waiting for its key, whether this process or another one holds it', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  const mutex = new SharedMutex(locks);
  const controllers = [new AbortController(), new AbortController()];
  const waiting = controllers.map(({ signal }) => mutex.run(['a'], async () => t.fail(), signal));
  for (const [index, controller] of controllers.toReversed().entries()) {
    const reason = new Error(`client ${index} has gone away`);
    const ended = t.throwsAsync(async () => waiting[controllers.indexOf(controller)]);
    controller.abort(reason);
    t.is(await ended, reason);
  }
});

test('the limit of the wait does not end an action that runs', async (t) => {
  const mutex = new SharedMutex(singleProcess().locks, 1);
  const result = mutex.run(['a'], async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return 'done';
  });
  t.is(await result, 'done');
});
