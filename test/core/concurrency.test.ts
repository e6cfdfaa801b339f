import test from 'ava';
import { mapConcurrently } from '../../core/concurrency.ts';

/** Actions that end when the test says so. */
function controlled() {
  const started: number[] = [];
  const ends: PromiseWithResolvers<string>[] = [];
  const action = (item: number): Promise<string> => {
    started.push(item);
    const end = Promise.withResolvers<string>();
    ends[item] = end;
    return end.promise;
  };
  return { started, ends, action };
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

test('results stand in the order of the items, whichever ends first', async (t) => {
  const { ends, action } = controlled();
  const results = mapConcurrently([0, 1, 2], 3, action);
  ends[2]?.resolve('c');
  ends[0]?.resolve('a');
  ends[1]?.resolve('b');
  t.deepEqual(await results, ['a', 'b', 'c']);
});

test('no more than the limit run at once, and the next begins when one ends', async (t) => {
  const { started, ends, action } = controlled();
  const results = mapConcurrently([0, 1, 2, 3], 2, action);
  await tick();
  t.deepEqual(started, [0, 1]);
  ends[1]?.resolve('b');
  await tick();
  t.deepEqual(started, [0, 1, 2]);
  for (const index of [0, 2]) ends[index]?.resolve('x');
  await tick();
  ends[3]?.resolve('d');
  t.deepEqual(await results, ['x', 'b', 'x', 'd']);
});

test('each action learns the place of its item', async (t) => {
  t.deepEqual(await mapConcurrently(['a', 'b', 'c'], 2, async (item, index) => `${index}${item}`), ['0a', '1b', '2c']);
});

test('no items give no results and run nothing', async (t) => {
  t.deepEqual(await mapConcurrently([], 4, () => Promise.reject(new Error('must not run'))), []);
});

test('after a failure nothing new starts, what runs is awaited, and the first failure is thrown', async (t) => {
  const { started, ends, action } = controlled();
  let settled = false;
  const results = mapConcurrently([0, 1, 2, 3], 2, action).finally(() => {
    settled = true;
  });
  const thrown = t.throwsAsync(results, { message: 'first' });
  await tick();
  ends[1]?.reject(new Error('first'));
  await tick();
  t.false(settled);
  ends[0]?.reject(new Error('second'));
  await thrown;
  t.deepEqual(started, [0, 1]);
});

test('an action that throws at once fails like one that rejects', async (t) => {
  const failing = (): Promise<never> => {
    throw new Error('at once');
  };
  await t.throwsAsync(mapConcurrently([1, 2], 1, failing), { message: 'at once' });
});
