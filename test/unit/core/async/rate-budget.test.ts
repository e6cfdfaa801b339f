import test from 'ava';
import { RateBudget } from '../../../../core/async/rate-budget.ts';
import { instantClock } from '../../../helpers/running/instant-clock.ts';

const { signal } = new AbortController();

test('no more bytes pass than the rate allows, whatever the pieces are', async (t) => {
  for (const piece of [1, 999, 64_000, 1_000_000]) {
    const clock = instantClock();
    const budget = new RateBudget(1_000_000, clock);
    let passed = 0;
    while (passed < 5_000_000) {
      await budget.take(piece, signal);
      passed += piece;
      t.true(passed <= clock.nowMs * 1000 + piece + 10_000, `${passed} bytes in ${clock.nowMs} ms`);
    }
    t.true(clock.nowMs >= 4_980, `${piece}: ${clock.nowMs} ms`);
  }
});

test('callers share the budget', async (t) => {
  const clock = instantClock();
  const budget = new RateBudget(1_000_000, clock);
  const caller = async (): Promise<void> => {
    for (let count = 0; count < 10; count += 1) await budget.take(100_000, signal);
  };
  await Promise.all([caller(), caller(), caller()]);
  t.true(clock.nowMs >= 2_900, `${clock.nowMs} ms for 3 MB`);
});

test('time in which nothing was taken is not saved up', async (t) => {
  const clock = instantClock();
  const budget = new RateBudget(1000, clock);
  clock.nowMs = 3_600_000;
  await budget.take(1000, signal);
  await budget.take(1000, signal);
  t.deepEqual(clock.waits, [1000, 1000]);
});

test('a wait ends when its signal aborts', async (t) => {
  const stopping = new AbortController();
  const budget = new RateBudget(1);
  const taking = budget.take(1_000_000, stopping.signal);
  stopping.abort(new Error('enough'));
  await t.throwsAsync(taking, { message: 'enough' });
});

test('a wait that fails nothing ends early when its signal aborts', async (t) => {
  const stopping = new AbortController();
  const budget = new RateBudget(1);
  const passing = budget.pass(1_000_000, stopping.signal);
  stopping.abort(new Error('enough'));
  t.true(await passing);
});
