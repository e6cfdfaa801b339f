import test from 'ava';
import { inWindow, TransfersError } from '../../../../client/copy/in-window.ts';

/** Transfers that end when they are told to, and record what happens. */
class Transfers {
  readonly trace: string[] = [];
  readonly #ends = new Map<number, PromiseWithResolvers<void>>();

  readonly run = async (item: number, signal: AbortSignal): Promise<void> => {
    this.trace.push(`start ${item}`);
    const end = Promise.withResolvers<void>();
    this.#ends.set(item, end);
    signal.addEventListener('abort', () => end.reject(signal.reason as Error), { once: true });
    try {
      await end.promise;
      this.trace.push(`end ${item}`);
    } catch (error) {
      this.trace.push(`fail ${item}`);
      throw error;
    }
  };

  async end(item: number): Promise<void> {
    this.#ends.get(item)?.resolve();
    await turn();
  }

  async fail(item: number, error: Error): Promise<void> {
    this.#ends.get(item)?.reject(error);
    await turn();
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

test('transfer i starts when transfer i-window has succeeded, and not when a later one has', async (t) => {
  const transfers = new Transfers();
  const all = inWindow(numbers(6), { window: 2 }, transfers.run);
  await turn();
  await transfers.end(1);
  t.deepEqual(transfers.trace, ['start 0', 'start 1', 'end 1']);
  await transfers.end(0);
  t.deepEqual(transfers.trace.slice(3), ['end 0', 'start 2', 'start 3']);
  for (const item of [2, 3, 4, 5]) await transfers.end(item);
  await all;
  t.is(transfers.trace.at(-1), 'end 5');
});

test('of 50 transfers that end in random order, never more than 4 run, and each waits for the fourth before it', async (t) => {
  const running = new Set<number>();
  const succeeded = new Set<number>();
  let most = 0;
  await inWindow(numbers(50), { window: 4 }, async (item) => {
    t.true(item < 4 || succeeded.has(item - 4), `${item}`);
    running.add(item);
    most = Math.max(most, running.size);
    for (let turns = Math.random() * 10; turns > 0; turns -= 1) await turn();
    running.delete(item);
    succeeded.add(item);
  });
  t.is(most, 4);
  t.is(succeeded.size, 50);
});

test('a failure aborts all others in the same turn, starts no other, and is thrown when all have settled', async (t) => {
  const transfers = new Transfers();
  const all = inWindow(numbers(8), { window: 3 }, transfers.run);
  await turn();
  const cause = new Error('the disk is full');
  void transfers.fail(1, cause);
  const error = await t.throwsAsync(all, { instanceOf: TransfersError });
  t.is(error.cause, cause);
  t.is(error.item, 1);
  t.deepEqual(error.others, []);
  t.deepEqual(transfers.trace, ['start 0', 'start 1', 'start 2', 'fail 1', 'fail 0', 'fail 2']);
});

test('errors of other transfers are attached, but not those by which they only say that they were aborted', async (t) => {
  const own = new Error('the connection broke');
  const cause = new Error('the first');
  const error = await t.throwsAsync(
    inWindow([0, 1, 2], { window: 3 }, async (item, signal) => {
      await turn();
      if (item === 0) throw cause;
      if (item === 1) throw own;
      signal.throwIfAborted();
    }),
    { instanceOf: TransfersError },
  );
  t.is(error.cause, cause);
  t.deepEqual(error.others, [own]);
});

test('a signal of the caller ends all transfers, and its reason is thrown', async (t) => {
  const transfers = new Transfers();
  const abort = new AbortController();
  const all = inWindow(numbers(8), { window: 3, signal: abort.signal }, transfers.run);
  await turn();
  const reason = new Error('the user has pressed Ctrl-C');
  abort.abort(reason);
  t.is(await t.throwsAsync(all), reason);
  t.is(transfers.trace.filter((line) => line.startsWith('fail')).length, 3);
});

test('an empty list and a window larger than the list are no special cases', async (t) => {
  await inWindow([], { window: 4 }, () => Promise.reject(new Error('nothing to do')));
  const seen: number[] = [];
  await inWindow([1, 2], { window: 4 }, async (item) => void seen.push(item));
  t.deepEqual(seen, [1, 2]);
});
