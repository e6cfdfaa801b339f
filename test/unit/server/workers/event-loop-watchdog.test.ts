import test from 'ava';
import { hasStopped } from '../../../../server/workers/event-loop-watchdog.ts';
import type { Ending } from '../../../../server/workers/worker-process.ts';

const WATCHDOG = { intervalMs: 1, maxMisses: 3 };
const never = (): Promise<never> => new Promise(() => undefined);

test('a worker that misses three pings in a row counts as hung', async (t) => {
  let questions = 0;
  const worker = {
    ended: never(),
    ping: (): Promise<void> => {
      questions += 1;
      return questions % 3 === 0 && questions < 10 ? Promise.resolve() : never();
    },
  };
  t.true(await hasStopped(worker, WATCHDOG));
  t.is(questions, 12, 'each answer begins the count anew');
});

test('a worker that has ended does not count as hung', async (t) => {
  const ending = Promise.withResolvers<Ending>();
  const worker = {
    ended: ending.promise,
    ping: async (): Promise<void> => ending.resolve({ code: 1, signal: null }),
  };
  t.false(await hasStopped(worker, WATCHDOG));
});
