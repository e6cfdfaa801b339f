import { setImmediate as turnOfLoop } from 'node:timers/promises';
import test from 'ava';
import { atPace, ownTurn, withoutPace } from '../../../../core/async/call-pace.ts';
import { instantClock } from '../../../helpers/running/instant-clock.ts';

const { signal } = new AbortController();

test('the calls of work with a pace wait for their turns, however many are made at the same time', async (t) => {
  const clock = instantClock();
  let calls = 0;
  await atPace({ callsPerSecond: 10, signal, clock, onCall: () => (calls += 1) }, async () => {
    for (let count = 0; count < 10; count += 1) await ownTurn();
    await Promise.all(Array.from({ length: 10 }, async () => ownTurn()));
  });
  t.is(calls, 20);
  t.true(clock.nowMs >= 1_900, `${clock.nowMs} ms for 20 calls`);
});

test('a call may count as several', async (t) => {
  const clock = instantClock();
  await atPace({ callsPerSecond: 10, signal, clock }, async () => ownTurn(5));
  t.deepEqual(clock.waits, [500]);
});

test('work without a pace never waits, also beside work that has one', async (t) => {
  t.is(ownTurn(), undefined);
  const { promise, resolve } = Promise.withResolvers<void>();
  const clock = { monotonic: () => 0, wait: () => promise };
  const slow = atPace({ callsPerSecond: 1, signal, clock }, async () => ownTurn());
  await turnOfLoop();
  t.is(ownTurn(), undefined);
  resolve();
  await slow;
});

test('what others wait for as well keeps no pace', async (t) => {
  await atPace({ callsPerSecond: 1, signal, clock: instantClock() }, async () => {
    t.is(
      withoutPace(() => ownTurn()),
      undefined,
    );
    t.not(ownTurn(), undefined);
  });
});

test('once its signal aborts, work with a pace ends without waits', async (t) => {
  const stopping = new AbortController();
  await t.notThrowsAsync(
    atPace({ callsPerSecond: 0.001, signal: stopping.signal }, async () => {
      const waiting = ownTurn();
      stopping.abort(new Error('enough'));
      await waiting;
      for (let count = 0; count < 100; count += 1) await ownTurn();
    }),
  );
});
