import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import test from 'ava';
import { SERVICE } from '../../../../drivers/gcs/bucket.ts';
import { hasStatus, isTransient, StatusError } from '../../../../drivers/object-store/failures.ts';
import { Retries } from '../../../../drivers/object-store/retries.ts';
import { bucketAt, stubService } from './stub-service.ts';

test('temporary failures are retried: 408, 429, 5xx and lost connections; nothing else', (t) => {
  for (const status of [408, 429, 500, 502, 503, 504])
    t.true(isTransient(new StatusError({ service: SERVICE, status })), `${status}`);
  for (const status of [400, 401, 403, 404, 409, 410, 412, 413, 416]) {
    t.false(isTransient(new StatusError({ service: SERVICE, status })), `${status}`);
  }
  t.true(isTransient(Object.assign(new Error('reset'), { code: 'ECONNRESET' })));
  t.false(isTransient(Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })));
  t.false(isTransient(new Error('a defect')));
  t.false(isTransient('text'));
});

test('the error of the last attempt is reported', async (t) => {
  let requests = 0;
  const endpoint = await stubService(t, (_, response) => {
    requests += 1;
    response.writeHead(503).end('{"error": {"message": "busy \\"now\\""}}');
  });
  const error = await t.throwsAsync(bucketAt(t, endpoint, { retry: { maxAttempts: 4 } }).head('key'));
  t.true(hasStatus(error, 503));
  t.is(error.message, 'Cloud Storage answered 503: busy "now"');
  t.is(requests, 4);
});

test('Retry-After is waited for, in seconds and as a date', async (t) => {
  for (const asked of ['1', () => new Date(Date.now() + 2000).toUTCString()]) {
    const times: number[] = [];
    const endpoint = await stubService(t, (_, response) => {
      times.push(Date.now());
      if (times.length > 1) return void response.end('{}');
      response.writeHead(429, { 'retry-after': typeof asked === 'string' ? asked : asked() }).end();
    });
    await bucketAt(t, endpoint).list({ prefix: '' });
    const [first = 0, second = 0] = times;
    // A timer may fire a millisecond early, and a date has whole seconds.
    t.true(second - first >= 998, `after ${second - first} ms`);
  }
});

test('a service that asks for more than a minute is not waited for', async (t) => {
  let requests = 0;
  const endpoint = await stubService(t, (_, response) => {
    requests += 1;
    response.writeHead(503, { 'retry-after': '3600' }).end();
  });
  t.true(hasStatus(await t.throwsAsync(bucketAt(t, endpoint).head('key')), 503));
  t.is(requests, 1);
});

test('the signal ends a pause', async (t) => {
  const controller = new AbortController();
  const attempts = new Retries({ firstPauseMs: 3_600_000, maxPauseMs: 3_600_000 }).run(async () => {
    queueMicrotask(() => controller.abort());
    throw new StatusError({ service: SERVICE, status: 503 });
  }, controller.signal);
  await t.throwsAsync(attempts, { name: 'AbortError' });
});

test('the signal ends a call that waits for a connection', async (t) => {
  const held: (() => void)[] = [];
  const arrived = new EventTarget();
  const endpoint = await stubService(t, (_, response) => {
    held.push(() => response.end('{}'));
    arrived.dispatchEvent(new Event('request'));
  });
  const bucket = bucketAt(t, endpoint, { maxCalls: 1 });
  const isHeld = once(arrived, 'request');
  const first = bucket.list({ prefix: 'first' });
  await isHeld;
  const controller = new AbortController();
  const second = bucket.list({ prefix: 'second' }, { signal: controller.signal });
  // By then it is queued behind the first one.
  await setImmediate();
  controller.abort(new Error('the client has gone'));
  await t.throwsAsync(second, { message: 'the client has gone' });
  for (const release of held) release();
  await t.notThrowsAsync(first);
});

test('a delete whose first answer was lost succeeds', async (t) => {
  let requests = 0;
  const endpoint = await stubService(t, (request, response) => {
    requests += 1;
    if (requests === 1) request.socket.destroy();
    else response.writeHead(404).end();
  });
  const bucket = bucketAt(t, endpoint);
  t.true(await bucket.delete('key'));
  t.false(await bucket.delete('key'));
});

test('a connection without progress is abandoned', async (t) => {
  const endpoint = await stubService(t, () => undefined);
  const call = bucketAt(t, endpoint, { idleMs: 20, retry: { maxAttempts: 2 } }).head('key');
  await t.throwsAsync(call, { message: /no bytes arrived for 20 ms/ });
});
