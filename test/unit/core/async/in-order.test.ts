import test from 'ava';
import { inOrder } from '../../../../core/async/in-order.ts';

async function* upTo(end: number): AsyncGenerator<number, void, undefined> {
  for (let item = 0; item < end; item += 1) yield item;
}

test('results are settled in the order of the items, and no more actions run than the limit', async (t) => {
  const ends = Array.from({ length: 6 }, () => Promise.withResolvers<string>());
  const settled: string[] = [];
  let [running, most] = [0, 0];
  const action = async (item: number): Promise<string> => {
    running += 1;
    most = Math.max(most, running);
    if (running === 3) for (const { resolve } of [...ends].reverse()) resolve(`end of ${ends.length}`);
    await ends[item]?.promise;
    running -= 1;
    return `result ${item}`;
  };
  await inOrder(upTo(6), { limit: 3, action }, async (item, result) => void settled.push(`${item}: ${result}`));
  t.deepEqual(
    settled,
    Array.from({ length: 6 }, (_, item) => `${item}: result ${item}`),
  );
  t.is(most, 3);
});

test('after a failure nothing begins, what follows is not settled, and running actions are awaited', async (t) => {
  const begun: number[] = [];
  const settled: number[] = [];
  let isSlowDone = false;
  const action = async (item: number): Promise<void> => {
    begun.push(item);
    if (item === 1) throw new Error('no luck');
    if (item !== 2) return;
    await new Promise((resolve) => setImmediate(resolve));
    isSlowDone = true;
  };
  const run = inOrder(upTo(100), { limit: 3, action }, async (item) => void settled.push(item));
  await t.throwsAsync(run, { message: 'no luck' });
  t.deepEqual(settled, [0]);
  t.true(begun.length <= 4, String(begun));
  t.true(isSlowDone);
});

test('a failure to settle ends the run', async (t) => {
  const begun: number[] = [];
  const action = async (item: number): Promise<void> => void begun.push(item);
  const settle = async (): Promise<void> => {
    throw new Error('full');
  };
  await t.throwsAsync(inOrder(upTo(100), { limit: 2, action }, settle), { message: 'full' });
  t.true(begun.length <= 3, String(begun));
});
