import { setImmediate as turnOfLoop } from 'node:timers/promises';
import test from 'ava';
import { RequestsFirst } from '../../../../core/async/requests-first.ts';

/** A clock that stands still until the test moves it; waits then end one after the other. */
function manualClock() {
  const waits: (() => void)[] = [];
  const clock = {
    nowMs: 1_000_000,
    monotonic: () => clock.nowMs,
    wait: () => new Promise<void>((resolve) => waits.push(resolve)),
    async pass(ms: number): Promise<void> {
      clock.nowMs += ms;
      for (const end of waits.splice(0)) end();
      for (let count = 0; count < 10; count += 1) await turnOfLoop();
    },
  };
  return clock;
}

/** A call that is under way until `end`. */
function call() {
  const { promise, resolve: end } = Promise.withResolvers<void>();
  return { make: () => promise, end };
}

/** A call of a job, and whether it has been let go. */
function jobCall(order: RequestsFirst) {
  const state = { isMade: false };
  void (order.ofJob() ?? Promise.resolve()).then(() => {
    state.isMade = true;
  });
  return state;
}

test('without requests a call of a job waits for nothing', (t) => {
  t.is(new RequestsFirst().ofJob(), undefined);
});

test('a call of a job waits until no call of a request is under way, and 2 ms longer', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  const [one, other] = [call(), call()];
  const requests = [order.ofRequest(one.make), order.ofRequest(other.make)];
  const waiting = jobCall(order);
  one.end();
  await requests[0];
  await clock.pass(5);
  t.false(waiting.isMade);
  other.end();
  await requests[1];
  await clock.pass(1);
  t.false(waiting.isMade);
  await clock.pass(1);
  t.true(waiting.isMade);
});

test('beside a request without end a call of a job waits 20 ms', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  void order.ofRequest(call().make);
  const waiting = jobCall(order);
  await clock.pass(19);
  t.false(waiting.isMade);
  await clock.pass(1);
  t.true(waiting.isMade);
});

test('in a pause the calls of jobs go in their order, one in a turn of the event loop', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  const made: number[] = [];
  await order.ofRequest(async () => undefined);
  clock.nowMs += 2;
  const all = Promise.all(Array.from({ length: 5 }, async (_, index) => order.ofJob()?.then(() => made.push(index))));
  const between: number[] = [];
  while (made.length < 5) {
    await turnOfLoop();
    between.push(made.length);
  }
  await all;
  t.deepEqual(made, [0, 1, 2, 3, 4]);
  t.true(new Set(between).size >= 4, `seen after turns: ${between.join(', ')}`);
});

test('calls of jobs that have waited 20 ms go together, however slow the event loop is', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  void order.ofRequest(call().make);
  const waiting = [jobCall(order), jobCall(order)];
  await clock.pass(10);
  waiting.push(jobCall(order));
  await clock.pass(10);
  t.deepEqual(
    waiting.map(({ isMade }) => isMade),
    [true, true, false],
  );
});

test('a list of a request counts when it begins', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  order.noteRequest();
  const waiting = jobCall(order);
  await clock.pass(1);
  t.false(waiting.isMade);
  await clock.pass(1);
  t.true(waiting.isMade);
});

test('a call of a request that fails counts no longer', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  await t.throwsAsync(
    order.ofRequest(() => Promise.reject(new Error('no such file'))),
    { message: 'no such file' },
  );
  const waiting = jobCall(order);
  await clock.pass(2);
  t.true(waiting.isMade);
});

test('requests that have ended long ago hold up nothing', async (t) => {
  const clock = manualClock();
  const order = new RequestsFirst(clock);
  await order.ofRequest(async () => undefined);
  await clock.pass(101);
  t.is(order.ofJob(), undefined);
});
