import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DriverError, guardDriver } from '../../../../core/driver/index.ts';
import { KeyMapper } from '../../../../drivers/object-store/keys.ts';
import { ObjectStoreDriver } from '../../../../drivers/object-store/object-store-driver.ts';
import { at, content, drain, readAll } from '../../../../testing/driver-case.ts';
import { until } from '../../../helpers/running/until.ts';
import { bucketAt, stubService } from './stub-service.ts';

/** A driver on a service that always returns the whole `body`, as for content that it unpacks. */
async function driverOn(
  t: ExecutionContext,
  answerer: Parameters<typeof stubService>[1],
  options?: Parameters<typeof bucketAt>[2],
) {
  const bucket = bucketAt(t, await stubService(t, answerer), options);
  return guardDriver(new ObjectStoreDriver({ name: 'gcs', store: bucket, keys: new KeyMapper('') }));
}

test('a part other than the requested one is not served', async (t) => {
  const driver = await driverOn(t, (_, response) => response.end('0123456789'));
  for (const [start, end] of [
    [5, undefined],
    [0, 5],
  ] as const) {
    const error = await t.throwsAsync(driver.read(at('/file'), { start, end }));
    t.true(DriverError.is(error, 'unavailable'));
    t.regex(error.message, /did not send the requested part/);
  }
  t.is((await readAll(driver, '/file')).toString(), '0123456789');
});

test('content of unknown length is not served', async (t) => {
  const driver = await driverOn(t, (_, response) => {
    response.write('01234');
    response.end('56789');
  });
  t.regex((await t.throwsAsync(driver.read(at('/file')))).message, /unknown length/);
});

/** The driver's end of the connection over which the first answer comes to a request with this text in its path. */
function connectionOf(t: ExecutionContext, text: string): Promise<Socket> {
  return new Promise((resolve) => {
    const look = (message: unknown): void => {
      const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
      if (request.path.includes(text)) resolve(response.socket);
    };
    subscribe('http.client.response.finish', look);
    t.teardown(() => unsubscribe('http.client.response.finish', look));
  });
}

test('a reader may take its time, and the connection waits with it', async (t) => {
  const idleMs = 60_000;
  const bytes = content(8 * 1024 * 1024);
  const answers: ServerResponse[] = [];
  const driver = await driverOn(
    t,
    (_, response) => {
      answers.push(response);
      response.writeHead(200, { 'content-length': bytes.byteLength, 'x-goog-generation': '1' });
      response.write(bytes.subarray(0, -1));
    },
    { idleMs },
  );
  const connected = connectionOf(t, 'slowly-read');
  const stream = await driver.read(at('/slowly-read'));
  const connection = await connected;
  await once(stream, 'readable');
  await until('the connection may be silent for ever', () => connection.timeout === 0);
  const read = drain(stream);
  await until(
    'the reader waits, and silence counts',
    () => stream.readableLength === 0 && connection.timeout === idleMs,
  );
  answers[0]?.end(bytes.subarray(-1));
  t.true((await read).equals(bytes));
  t.is(answers.length, 1);
});

test('a connection that falls silent while the reader waits is lost, and the rest comes over another one', async (t) => {
  const bytes = content(100_000);
  const ranges: (string | undefined)[] = [];
  const driver = await driverOn(
    t,
    ({ headers }, response) => {
      ranges.push(headers.range);
      if (headers.range === undefined) {
        response.writeHead(200, { 'content-length': bytes.byteLength, 'x-goog-generation': '1' });
        response.write(bytes.subarray(0, 60_000));
        return;
      }
      const start = Number(/bytes=(\d+)-/.exec(headers.range)?.[1]);
      const range = `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`;
      response.writeHead(206, { 'content-range': range, 'x-goog-generation': '1' }).end(bytes.subarray(start));
    },
    { idleMs: 500 },
  );
  t.true((await readAll(driver, '/file')).equals(bytes));
  t.is(ranges.at(-1), 'bytes=60000-99999');
});
