import test from 'ava';
import { Semaphore } from '../../../../drivers/filesystem/semaphore.ts';

/** A call that has begun and ends when the test says so. */
function openEnded(): { readonly action: () => Promise<void>; readonly end: () => void; hasBegun: () => boolean } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let begun = false;
  const action = async (): Promise<void> => {
    begun = true;
    await promise;
  };
  return { action, end: () => resolve(undefined), hasBegun: () => begun };
}

test('at most the allowed number of calls run at once, and the others start in the order of arrival', async (t) => {
  const limit = new Semaphore(2);
  const calls = Array.from({ length: 5 }, openEnded);
  const runs = calls.map(({ action }) => limit.run(action));
  const begun = (): number[] => calls.flatMap((call, index) => (call.hasBegun() ? [index] : []));
  t.deepEqual(begun(), [0, 1]);
  for (const [index, expected] of [
    [1, [0, 1, 2]],
    [0, [0, 1, 2, 3]],
    [2, [0, 1, 2, 3, 4]],
  ] as const) {
    calls[index]?.end();
    await runs[index];
    t.deepEqual(begun(), expected);
  }
  for (const { end } of calls) end();
  await Promise.all(runs);
});

test('a failed call makes room for the next', async (t) => {
  const limit = new Semaphore(1);
  await t.throwsAsync(
    limit.run(() => Promise.reject(new Error('broken'))),
    { message: 'broken' },
  );
  t.is(await limit.run(async () => 7), 7);
});

test('a waiting call ends with its signal and does not use a slot', async (t) => {
  const limit = new Semaphore(1);
  const first = openEnded();
  const run = limit.run(first.action);
  const controller = new AbortController();
  const gone = openEnded();
  const waiting = limit.run(gone.action, controller.signal);
  const next = limit.run(async () => 'next');
  controller.abort(new Error('the client has gone'));
  await t.throwsAsync(waiting, { message: 'the client has gone' });
  await t.throwsAsync(limit.run(gone.action, controller.signal), { message: 'the client has gone' });
  first.end();
  await run;
  t.is(await next, 'next');
  t.false(gone.hasBegun());
});
