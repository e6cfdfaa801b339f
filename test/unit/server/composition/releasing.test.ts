import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { Logger } from '../../../../core/ports/logger.ts';
import { release } from '../../../../server/composition/releasing.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { folderWith, pluginSource } from '../../plugins/loading/fixture-folder.ts';

function logInto(lines: unknown[]): Logger {
  const nothing = (): void => undefined;
  return { debug: nothing, info: nothing, warn: nothing, error: (fields, message) => void lines.push(fields, message) };
}

test('a part that does not end in time is named in the log, and the others are released', async (t) => {
  const lines: unknown[] = [];
  const ended: string[] = [];
  const stack = new AsyncDisposableStack();
  const log = logInto(lines);
  release(stack, { who: 'first', part: { [Symbol.dispose]: () => void ended.push('first') } }, { log });
  const hanging = { [Symbol.asyncDispose]: () => new Promise<void>(() => undefined) };
  release(stack, { who: 'second', part: hanging }, { log, endMs: 1 });
  release(stack, { who: 'third', part: { [Symbol.asyncDispose]: () => turn(ended.push('third')) } }, { log });
  release(stack, { who: 'fourth', part: {} }, { log });
  await stack.disposeAsync();
  t.deepEqual(ended, ['third', 'first']);
  t.deepEqual(lines, [
    { who: 'second', timeoutMs: 1 },
    'did not close in time; the process exits without waiting for it',
  ]);
});

test('a part that fails to end is an error of the whole, as before', async (t) => {
  const stack = new AsyncDisposableStack();
  const failing = {
    [Symbol.asyncDispose]: async () => {
      throw new Error('no way out');
    },
  };
  release(stack, { who: 'it', part: failing }, { log: logInto([]) });
  await t.throwsAsync(stack.disposeAsync(), { message: 'no way out' });
});

test('a registry ends although a plugin does not', async (t) => {
  t.timeout(60_000);
  const sink = pluginSource(
    'event-sink',
    `() => bindPort(EVENT_SINK, {
      handle: async () => undefined,
      [Symbol.asyncDispose]: () => new Promise(() => undefined),
    })`,
  );
  const folder = await folderWith(t, { 'sink.mjs': sink });
  const registry = await withRegistry(t, { folder, others: { plugins: ['./sink.mjs'] } });
  await t.notThrowsAsync(registry.stop());
});
