import test from 'ava';
import { whileRunning } from '../../../../plugins/loading/running-steps.ts';

test.serial('any number of steps share one listener of each event, which is removed with the last of them', (t) => {
  const before = process.listenerCount('uncaughtException');
  const heard: string[] = [];
  const steps = Array.from({ length: 20 }, (_, index) =>
    whileRunning({ strayError: (error) => heard.push(`${index} ${String(error)}`), exit: () => undefined }),
  );
  t.is(process.listenerCount('uncaughtException'), before + 1);
  const [last] = process.listeners('uncaughtException').slice(-1);
  steps[0]?.[Symbol.dispose]();
  last?.(new Error('left alone'), 'uncaughtException');
  t.is(heard.length, 19);
  t.is(heard[0], '1 Error: left alone');
  for (const step of steps) step[Symbol.dispose]();
  t.is(process.listenerCount('uncaughtException'), before);
});
