import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import test from 'ava';
import { BodyPaces, PacedBody } from '../../../../server/http/body-pace.ts';

const PACE = { windowMs: 20_000, minBytes: 20_480 };

function pacedBody(pace = PACE): PacedBody {
  return new PacedBody(new IncomingMessage(new Socket()), pace, () => undefined);
}

/** Lets seconds pass in which `bytes` arrive; returns the one in which the body was found too slow. */
function firstSlowSecond(body: PacedBody, seconds: number, bytes: number): number | undefined {
  for (let second = 1; second <= seconds; second += 1) {
    body.receive(bytes);
    body.isWaiting = true;
    if (body.tick(1_000)) return second;
  }
  return undefined;
}

test('a body of a byte a second is too slow when the window is over', (t) => {
  t.is(firstSlowSecond(pacedBody(), 100, 1), 20);
});

test('a body that keeps the minimum rate is never too slow', (t) => {
  t.is(firstSlowSecond(pacedBody(), 1_000, 1_024), undefined);
});

test('a body that was fast at first is too slow as soon as a whole window was', (t) => {
  const body = pacedBody();
  t.is(firstSlowSecond(body, 10, 1_000_000), undefined);
  t.is(firstSlowSecond(body, 100, 1), 30);
});

test('time without a wait for the bytes does not count', (t) => {
  const body = pacedBody();
  body.receive(1);
  for (let second = 0; second < 1_000; second += 1) t.false(body.tick(1_000));
});

test('without a window no body is too slow', (t) => {
  t.is(firstSlowSecond(pacedBody({ windowMs: 0, minBytes: 1_000 }), 1_000, 0), undefined);
});

test('a body that is too slow is reported once, others are not', async (t) => {
  const { promise, resolve } = Promise.withResolvers<IncomingMessage>();
  let count = 0;
  const paces = new BodyPaces((request) => {
    count += 1;
    resolve(request);
  }, 1);
  const [slow, ended] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
  const pace = { windowMs: 5, minBytes: 1 };
  // The timer of a registry does not keep a process alive, and nothing else does so here.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  paces.watch(ended, pace).end();
  paces.watch(slow, pace);
  t.is(await promise, slow);
  const later = Promise.withResolvers<void>();
  new BodyPaces(() => later.resolve(), 1).watch(ended, { windowMs: 20, minBytes: 1 });
  await later.promise;
  t.is(count, 1);
});
