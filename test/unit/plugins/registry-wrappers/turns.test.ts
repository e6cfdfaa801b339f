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

test('a turn that another process keeps is waited for so long and no longer', async (t) => {
  const { locks } = singleProcess();
  await using _ = await locks.tryAcquire('a');
  const turn = new Turns(locks, 0).run(['a'], async () => t.fail());
  const error = await t.throwsAsync(turn, { instanceOf: RegistryError });
  t.is(error.code, 'UNAVAILABLE');
});

test('a holder that has lost its lock is told before the change', async (t) => {
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
