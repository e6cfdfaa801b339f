import test from 'ava';
import type { BudgetClock } from '../../../../../core/async/rate-budget.ts';
import { RateLimit } from '../../../../../plugins/wrappers/throttle/rate-limit.ts';
import { type Line, type PassOptions, Turns } from '../../../../../plugins/wrappers/throttle/turns.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { instantClock } from '../../../../helpers/running/instant-clock.ts';

/** A line with one limit. */
function lineOf(perSecond: number, clock: BudgetClock) {
  const turns = new Turns(clock);
  return { turns, line: turns.line([new RateLimit(perSecond, clock)]) };
}

/** A line in which a turn of 100 has begun, after which others wait for 100 ms. */
async function busyLine(clock: FakeClock) {
  const busy = lineOf(1000, clock);
  await busy.line.pass(100);
  return busy;
}

/** Notes the name of each turn when it begins. */
function noting(begun: string[]) {
  return async (line: Line, name: string, amount = 1, options: PassOptions = {}): Promise<void> => {
    await line.pass(amount, options);
    begun.push(name);
  };
}

/** Lets time pass until all turns have begun. */
async function ended(clock: FakeClock, turns: readonly Promise<unknown>[]): Promise<void> {
  let isDone = false;
  const done = Promise.all(turns).then(() => {
    isDone = true;
  });
  while (!isDone) await Promise.race([clock.next().then((wait) => wait.pass()), done]);
}

test('no more passes than the rate allows, whatever the pieces are and however many callers share it', async (t) => {
  for (const piece of [1, 999, 64_000, 1_000_000]) {
    const clock = instantClock();
    const { line } = lineOf(1_000_000, clock);
    let passed = 0;
    const caller = async (): Promise<void> => {
      while (passed < 5_000_000) {
        await line.pass(piece);
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
  const { turns, line } = await busyLine(clock);
  const begun: string[] = [];
  const turn = noting(begun);
  const waiting = [turn(line, 'large', 5000), turn(line, 'small'), turn(line, 'later')];
  t.is(turns.waiting, 3);
  t.is(line.backlogMs(), 100 + 5002);
  const first = await clock.next();
  t.is(first.ms, 100);
  first.pass();
  await waiting[0];
  t.deepEqual(begun, ['large']);
  const second = await clock.next();
  t.is(second.ms, 5000);
  second.pass();
  await Promise.all(waiting);
  t.deepEqual(begun, ['large', 'small', 'later']);
  t.is(turns.waiting, 0);
  t.is(line.backlogMs(), 2);
});

test('one who comes while others wait does not pass them, even if it could begin at once', async (t) => {
  const clock = new FakeClock();
  const { line } = await busyLine(clock);
  const begun: string[] = [];
  const turn = noting(begun);
  const waiting = turn(line, 'first');
  const pause = await clock.next();
  clock.nowMs += 1000;
  const next = turn(line, 'second');
  pause.pass();
  await Promise.all([waiting, next]);
  t.deepEqual(begun, ['first', 'second']);
});

test('a turn that is given up fails with the reason, and those after it need not wait for it', async (t) => {
  const clock = new FakeClock();
  const { turns, line } = await busyLine(clock);
  const leaving = new AbortController();
  const given = line.pass(1_000_000, { signal: leaving.signal });
  const next = line.pass(1);
  leaving.abort(new Error('the client has gone'));
  await t.throwsAsync(given, { message: 'the client has gone' });
  t.is(turns.waiting, 1);
  t.is(line.backlogMs(), 101);
  (await clock.next()).pass();
  await next;
  t.is(clock.nowMs, Date.UTC(2026, 0, 1) + 100);
});

test('a turn that waits for the second of two limits and is given up costs nothing of the first', async (t) => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const [ofReads, ofAll] = [new RateLimit(1, clock), new RateLimit(1, clock)];
  const [reads, all] = [turns.line([ofReads, ofAll]), turns.line([ofAll])];
  await all.pass(1);
  const leaving = new AbortController();
  const given = reads.pass(3600, { signal: leaving.signal });
  leaving.abort(new Error('the client has gone'));
  await t.throwsAsync(given);
  await clock.next();
  const next = reads.pass(1);
  const wait = await clock.next();
  t.is(wait.ms, 1000);
  wait.pass();
  await next;
});

test('of two lines with a common limit neither passes the other, and one that is held up by its own does not hold up the other', async (t) => {
  const clock = new FakeClock();
  const turns = new Turns(clock);
  const ofAll = new RateLimit(10, clock);
  const [reads, writes] = [turns.line([new RateLimit(1, clock), ofAll]), turns.line([ofAll])];
  await reads.pass(1);
  const begun: string[] = [];
  const turn = noting(begun);
  const waiting = [turn(reads, 'read'), turn(writes, 'write 1'), turn(writes, 'write 2')];
  const first = await clock.next();
  t.is(first.ms, 1000, 'of the read');
  // The writes could begin earlier, so the wait is begun again.
  for (let count = 0; count < 2; count += 1) {
    const wait = await clock.next();
    t.is(wait.ms, 100);
    wait.pass();
    await waiting[count + 1];
  }
  const last = await clock.next();
  t.is(last.ms, 800);
  const late = turn(writes, 'write 3');
  clock.nowMs += 5000;
  (await clock.next()).pass();
  await Promise.all([...waiting, late]);
  t.deepEqual(begun, ['write 1', 'write 2', 'read', 'write 3']);
});

test('requests go before jobs, each eleventh turn is one of a job, and only requests count as a backlog', async (t) => {
  const clock = new FakeClock();
  const { line } = lineOf(1, clock);
  await line.pass(1);
  const begun: string[] = [];
  const turn = noting(begun);
  const jobs = [1, 2, 3].map((count) => turn(line, `job ${count}`, 1, { party: 'job' }));
  t.is(line.backlogMs(), 1000);
  const requests = Array.from({ length: 25 }, (_, index) => turn(line, `request ${index + 1}`));
  t.is(line.backlogMs(), 26_000);
  await ended(clock, [...jobs, ...requests]);
  t.deepEqual(
    begun.flatMap((each, index) => (each.startsWith('job') ? [[each, index]] : [])),
    [
      ['job 1', 10],
      ['job 2', 21],
      ['job 3', 27],
    ],
  );
  const ofRequests = begun.filter((each) => each.startsWith('request'));
  t.deepEqual(
    ofRequests,
    Array.from({ length: 25 }, (_, index) => `request ${index + 1}`),
  );
});

test('chunks of streams wait like others and do not count as a backlog', async (t) => {
  const clock = new FakeClock();
  const { line } = lineOf(100, clock);
  await line.pass(100);
  const chunks = Array.from({ length: 60 }, () => line.pass(1000, { isChunk: true }));
  t.is(line.backlogMs(), 1000);
  const file = line.pass(100);
  t.is(line.backlogMs(), 2000);
  const { nowMs } = clock;
  await ended(clock, [...chunks, file]);
  t.is(clock.nowMs - nowMs, 601_000);
});

test('nothing waits on the clock once the last turn is given up, and the next turn is served', async (t) => {
  const clock = new FakeClock();
  const { line } = await busyLine(clock);
  const leaving = new AbortController();
  const given = line.pass(1, { signal: leaving.signal });
  const pause = await clock.next();
  leaving.abort(new Error('the client has gone'));
  await t.throwsAsync(given);
  const next = line.pass(1);
  const again = await clock.next();
  t.is(again.ms, pause.ms);
  again.pass();
  await next;
});

test('a signal that has aborted before takes nothing', async (t) => {
  const clock = new FakeClock();
  const { turns, line } = lineOf(1, clock);
  await t.throwsAsync(line.pass(1000, { signal: AbortSignal.abort(new Error('too late')) }), { message: 'too late' });
  await line.pass(1);
  t.is(turns.waiting, 0);
});

test('time in which nothing passed is not saved up', async (t) => {
  const clock = instantClock();
  const { line } = lineOf(1000, clock);
  clock.nowMs = 3_600_000;
  for (let count = 0; count < 3; count += 1) await line.pass(1000);
  t.is(clock.nowMs, 3_602_000);
});

test('what takes months to be paid for waits without waking up all the time', async (t) => {
  const clock = instantClock();
  const { line } = lineOf(1, clock);
  await line.pass(5_000_000);
  await line.pass(1);
  t.deepEqual(clock.waits, [2 ** 31 - 1, 2 ** 31 - 1, 5_000_000_000 - 2 * (2 ** 31 - 1)]);
});

test('a line without a limit lets everything pass, also while others wait', async (t) => {
  const clock = new FakeClock();
  const { turns, line } = await busyLine(clock);
  const free = turns.line([]);
  t.false(free.isLimited);
  const leaving = new AbortController();
  const waiting = line.pass(1, { signal: leaving.signal });
  await free.pass(1e9);
  t.is(free.backlogMs(), 0);
  leaving.abort();
  await t.throwsAsync(waiting);
});
