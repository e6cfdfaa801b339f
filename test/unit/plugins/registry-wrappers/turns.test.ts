import test from 'ava';
import { RegistryError } from '../../../../core/model/errors.ts';
import type { Locks } from '../../../../core/ports/locks.ts';
import { singleProcess } from '../../../../plugins/coordination/coordination.ts';
import { Turns } from '../../../../plugins/registry-wrappers/immutable-tags/turns.ts';

test('turns of two processes with the same locks never overlap where they share a key', async (t) => {
  const { locks } = singleProcess();
  const processes = [new Turns(locks), new Turns(locks)];
  let running = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
  };
  const keys = [['a', 'b'], ['b'], ['a', 'b', 'c'], ['b', 'c']];
  await Promise.all(processes.flatMap((turns) => keys.map((wanted) => turns.run(wanted, work))));
  t.is(most, 1);
});

test('many changes in one process let in one that waits in another', async (t) => {
  const { locks } = singleProcess();
  const [busy, other] = [new Turns(locks), new Turns(locks)];
  let isOver = false;
  const repeat = async (): Promise<void> => {
    while (!isOver) await busy.run(['a'], () => new Promise((resolve) => setImmediate(resolve)));
  };
  const many = [repeat(), repeat(), repeat()];
  await other.run(['a'], async () => void (isOver = true));
  await t.notThrowsAsync(Promise.all(many));
});

test('a turn that another process holds is waited for up to a limit', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  const turn = new Turns(locks, 0).run(['a'], async () => t.fail());
  const error = await t.throwsAsync(turn, { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
});

test('turns that wait for a lock of another process give up together, not one after the other', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  let requests = 0;
  const counting: Locks = {
    tryAcquire: (key) => {
      requests += 1;
      return locks.tryAcquire(key);
    },
  };
  const turns = new Turns(counting, 20);
  const waiting = Array.from({ length: 3 }, () =>
    t.throwsAsync(
      turns.run(['a'], async () => t.fail()),
      { instanceOf: RegistryError },
    ),
  );
  await waiting[0];
  const whenFirstGaveUp = requests;
  await Promise.all(waiting);
  // Each of the others asks once more; asking for 20 ms takes four requests.
  t.true(requests - whenFirstGaveUp <= 2, `${requests} requests, of which ${whenFirstGaveUp} were the first ones`);
});

test('a turn inside another one has its keys, and takes those that it lacks', async (t) => {
  const { locks } = singleProcess();
  const [outer, inner] = [new Turns(locks, 0), new Turns(locks, 0)];
  await outer.run(['a', 'b'], () =>
    inner.run(['a', 'b', 'c'], async () => {
      for (const key of ['a', 'b', 'c']) t.is(await locks.tryAcquire(key), undefined);
    }),
  );
  for (const key of ['a', 'b', 'c']) t.not(await locks.tryAcquire(key), undefined);
});

test('a turn inside another one is lost with its lock', async (t) => {
  const lost: Locks = {
    tryAcquire: async () => ({ lost: AbortSignal.abort(), [Symbol.asyncDispose]: async () => undefined }),
  };
  const inner = new Turns(singleProcess().locks);
  const nested = new Turns(lost).run(['a'], () => inner.run(['a'], async (turn) => turn.checkHeld()));
  t.is((await t.throwsAsync(nested, { instanceOf: RegistryError })).code, 'UNAVAILABLE');
});

test('an action that outlives its turn has no keys any more', async (t) => {
  const { locks } = singleProcess();
  const turns = new Turns(locks, 0);
  const over = Promise.withResolvers<void>();
  let late: Promise<unknown> | undefined;
  await turns.run(['a'], async () => {
    late = over.promise.then(() => turns.run(['a'], async () => t.fail()));
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
    new Turns(locks).run(['a'], async (turn) => turn.checkHeld()),
    { instanceOf: RegistryError },
  );
  t.is(error.code, 'UNAVAILABLE');
});

test('a turn that failed lets the next one in', async (t) => {
  const turns = new Turns(singleProcess().locks);
  await t.throwsAsync(
    turns.run(['a'], () => Promise.reject(new Error('disk full'))),
    { message: 'disk full' },
  );
  t.is(await turns.run(['a'], async () => 'done'), 'done');
});

test('a turn that another change of this process holds is waited for up to a limit', async (t) => {
  const turns = new Turns(singleProcess().locks, 1);
  const held = Promise.withResolvers<void>();
  const running = turns.run(['a', 'b'], () => held.promise);
  for (const keys of [['a'], ['b'], ['0', 'a']]) {
    const waiting = turns.run(keys, async () => t.fail());
    t.is((await t.throwsAsync(waiting, { instanceOf: RegistryError })).code, 'UNAVAILABLE');
  }
  held.resolve();
  await running;
  t.is(await turns.run(['a', 'b', '0'], async () => 'done'), 'done');
});

test('a turn that nobody waits for any longer is given up, whether this process or another one holds it', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  const turns = new Turns(locks);
  const controllers = [new AbortController(), new AbortController()];
  const waiting = controllers.map(({ signal }) => turns.run(['a'], async () => t.fail(), signal));
  for (const [index, controller] of controllers.toReversed().entries()) {
    const reason = new Error(`client ${index} has gone away`);
    const ended = t.throwsAsync(async () => waiting[controllers.indexOf(controller)]);
    controller.abort(reason);
    t.is(await ended, reason);
  }
});

test('the limit of the wait does not end an action that runs', async (t) => {
  const turns = new Turns(singleProcess().locks, 1);
  const result = turns.run(['a'], async () => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    return 'done';
  });
  t.is(await result, 'done');
});
