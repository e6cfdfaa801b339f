import test from 'ava';
import { ProcessLocks } from '../../../../../plugins/coordination/process/process-locks.ts';

test('a held lock is refused to others until it is released', async (t) => {
  const locks = new ProcessLocks();
  const held = await locks.tryAcquire('upload:1');
  t.truthy(held);
  t.is(await locks.tryAcquire('upload:1'), undefined);
  await held?.[Symbol.asyncDispose]();
  t.truthy(await locks.tryAcquire('upload:1'));
});

test('of many who try at once exactly one holds the lock', async (t) => {
  const locks = new ProcessLocks();
  const tries = await Promise.all(Array.from({ length: 50 }, () => locks.tryAcquire('upload:1')));
  t.is(tries.filter((held) => held !== undefined).length, 1);
});

test('locks of different keys do not exclude each other', async (t) => {
  const locks = new ProcessLocks();
  t.truthy(await locks.tryAcquire('upload:1'));
  t.truthy(await locks.tryAcquire('upload:2'));
});

test('releasing twice does not release the lock of the next holder', async (t) => {
  const locks = new ProcessLocks();
  const first = await locks.tryAcquire('upload:1');
  await first?.[Symbol.asyncDispose]();
  t.truthy(await locks.tryAcquire('upload:1'));
  await first?.[Symbol.asyncDispose]();
  t.is(await locks.tryAcquire('upload:1'), undefined);
});

test('the end of a block releases the lock, even if it ends with an error', async (t) => {
  const locks = new ProcessLocks();
  const failing = async () => {
    await using _held = await locks.tryAcquire('upload:1');
    throw new Error('in the middle');
  };
  await t.throwsAsync(failing(), { message: 'in the middle' });
  t.truthy(await locks.tryAcquire('upload:1'));
});
