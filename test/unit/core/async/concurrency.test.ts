import test from 'ava';
import { KeyedMutex, mapConcurrently } from '../../../../core/async/concurrency.ts';

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

test('results are in the order of the items, whichever ends first', async (t) => {
  const { ends, action } = controlled();
  const results = mapConcurrently([0, 1, 2], 3, action);
  ends[2]?.resolve('c');
  ends[0]?.resolve('a');
  ends[1]?.resolve('b');
  t.deepEqual(await results, ['a', 'b', 'c']);
});

test('at most the limit run at once, and the next begins when one ends', async (t) => {
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

test('each action gets the index of its item', async (t) => {
  t.deepEqual(await mapConcurrently(['a', 'b', 'c'], 2, async (item, index) => `${index}${item}`), ['0a', '1b', '2c']);
});

test('no items give no results and run nothing', async (t) => {
  t.deepEqual(await mapConcurrently([], 4, () => Promise.reject(new Error('must not run'))), []);
});

test('after a failure nothing new starts, running actions are awaited, and the first failure is thrown', async (t) => {
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

test('actions of one key take turns in the order in which they came, also after a failure', async (t) => {
  const turns = new KeyedMutex();
  const { started, ends, action } = controlled();
  const results = [0, 1, 2].map((item) => turns.run('a', () => action(item)));
  const failed = t.throwsAsync(async () => results[0], { message: 'first' });
  await tick();
  t.deepEqual(started, [0]);
  ends[0]?.reject(new Error('first'));
  await failed;
  await tick();
  t.deepEqual(started, [0, 1]);
  ends[1]?.resolve('b');
  t.is(await results[1], 'b');
  await tick();
  ends[2]?.resolve('c');
  t.is(await results[2], 'c');
  t.is(await turns.run('a', async () => 'd'), 'd');
});

test('actions of different keys do not wait for each other', async (t) => {
  const turns = new KeyedMutex();
  const { ends, action } = controlled();
  const waiting = turns.run('a', () => action(0));
  t.is(await turns.run('b', async () => 'b'), 'b');
  ends[0]?.resolve('a');
  t.is(await waiting, 'a');
});

test('an action whose signal aborts while it waits fails at once, never runs, and keeps nobody waiting', async (t) => {
  const turns = new KeyedMutex();
  const { started, ends, action } = controlled();
  const controller = new AbortController();
  const results = [
    turns.run('a', () => action(0)),
    turns.run('a', () => action(1), controller.signal),
    turns.run('a', () => action(2)),
  ];
  const reason = new Error('nobody waits');
  controller.abort(reason);
  t.is(await t.throwsAsync(async () => results[1]), reason);
  t.is(await t.throwsAsync(turns.run('a', () => action(1), controller.signal)), reason);
  ends[0]?.resolve('a');
  await results[0];
  await tick();
  t.deepEqual(started, [0, 2]);
  ends[2]?.resolve('c');
  t.is(await results[2], 'c');
});

test('a signal has no effect on an action that runs', async (t) => {
  const turns = new KeyedMutex();
  const { ends, action } = controlled();
  const controller = new AbortController();
  const result = turns.run('a', () => action(0), controller.signal);
  await tick();
  controller.abort();
  ends[0]?.resolve('a');
  t.is(await result, 'a');
});
