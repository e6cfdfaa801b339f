import test from 'ava';
import { RateLimit } from '../../../../../plugins/wrappers/throttle/rate-limit.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { instantClock } from '../../../../helpers/running/instant-clock.ts';

/** A turn of 100 that has begun, after which others wait for 100 ms. */
async function busyLimit(clock: FakeClock): Promise<RateLimit> {
  const limit = new RateLimit(1000, clock);
  await limit.pass(100);
  return limit;
}

/** Notes the name of each turn when it begins. */
function noting(limit: RateLimit, begun: string[]) {
  return async (name: string, amount: number, signal?: AbortSignal): Promise<void> => {
    await limit.pass(amount, signal);
    begun.push(name);
  };
}

test('no more passes than the rate allows, whatever the pieces are and however many callers share it', async (t) => {
  for (const piece of [1, 999, 64_000, 1_000_000]) {
    const clock = instantClock();
    const limit = new RateLimit(1_000_000, clock);
    let passed = 0;
    const caller = async (): Promise<void> => {
      while (passed < 5_000_000) {
        await limit.pass(piece);
        passed += piece;
        t.true(passed <= clock.nowMs * 1000 + piece + 10_000, `${passed} bytes in ${clock.nowMs} ms`);
      }
    };
    await Promise.all([caller(), caller(), caller()]);
    t.true(clock.nowMs >= 3_980, `${piece}: ${clock.nowMs} ms`);
  }
});

test('turns begin in the order in which they came, whatever their amounts are', async (t) => {
  const clock = new FakeClock();
  const limit = await busyLimit(clock);
  const begun: string[] = [];
  const turn = noting(limit, begun);
  const turns = [turn('large', 5000), turn('small', 1), turn('later', 1)];
  t.is(limit.waiting, 3);
  const first = await clock.next();
  t.is(first.ms, 100);
  first.pass();
  await turns[0];
  t.deepEqual(begun, ['large']);
  const second = await clock.next();
  t.is(second.ms, 5000);
  second.pass();
  await Promise.all(turns);
  t.deepEqual(begun, ['large', 'small', 'later']);
  t.is(limit.waiting, 0);
});

test('one who comes while others wait does not pass them, even if it could begin at once', async (t) => {
  const clock = new FakeClock();
  const limit = await busyLimit(clock);
  const begun: string[] = [];
  const turn = noting(limit, begun);
  const waiting = turn('first', 1);
  const pause = await clock.next();
  clock.nowMs += 1000;
  const next = turn('second', 1);
  pause.pass();
  await Promise.all([waiting, next]);
  t.deepEqual(begun, ['first', 'second']);
});

test('a turn that is given up fails with the reason, and those after it need not wait for it', async (t) => {
  const clock = new FakeClock();
  const limit = await busyLimit(clock);
  const leaving = new AbortController();
  const given = limit.pass(1_000_000, leaving.signal);
  const next = limit.pass(1);
  leaving.abort(new Error('the client has gone'));
  await t.throwsAsync(given, { message: 'the client has gone' });
  t.is(limit.waiting, 1);
  (await clock.next()).pass();
  await next;
  t.is(clock.nowMs, Date.UTC(2026, 0, 1) + 100);
});

test('nothing waits on the clock once the last turn is given up, and the next turn is served', async (t) => {
  const clock = new FakeClock();
  const limit = await busyLimit(clock);
  const leaving = new AbortController();
  const given = limit.pass(1, leaving.signal);
  const pause = await clock.next();
  leaving.abort(new Error('the client has gone'));
  await t.throwsAsync(given);
  const next = limit.pass(1);
  const again = await clock.next();
  t.is(again.ms, pause.ms);
  again.pass();
  await next;
});

test('a signal that has aborted before takes nothing', async (t) => {
  const clock = new FakeClock();
  const limit = new RateLimit(1, clock);
  await t.throwsAsync(limit.pass(1000, AbortSignal.abort(new Error('too late'))), { message: 'too late' });
  await limit.pass(1);
  t.is(limit.waiting, 0);
});

test('time in which nothing passed is not saved up', async (t) => {
  const clock = instantClock();
  const limit = new RateLimit(1000, clock);
  clock.nowMs = 3_600_000;
  for (let count = 0; count < 3; count += 1) await limit.pass(1000);
  t.is(clock.nowMs, 3_602_000);
});
