import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { DriverError, guardDriver } from '../../../core/driver/index.ts';
import { GcsDriver } from '../../../drivers/gcs/gcs-driver.ts';
import { KeyMapper } from '../../../drivers/gcs/keys.ts';
import { at, content, drain, readAll } from '../../../testing/driver-case.ts';
import { bucketAt, stubService } from './stub-service.ts';

/** A driver on a service that gives `body` whole, whatever part was asked for, as for content that it unpacks. */
async function driverOn(
  t: ExecutionContext,
  answerer: Parameters<typeof stubService>[1],
  options?: Parameters<typeof bucketAt>[2],
) {
  const bucket = bucketAt(t, await stubService(t, answerer), options);
  return guardDriver(new GcsDriver({ bucket, keys: new KeyMapper(''), chunkBytes: 262_144 }));
}

test('another part than was asked for is not served', async (t) => {
  const driver = await driverOn(t, (_, response) => response.end('0123456789'));
  for (const [start, end] of [
    [5, undefined],
    [0, 5],
  ] as const) {
    const error = await t.throwsAsync(driver.read(at('/file'), { start, end }));
    t.true(DriverError.is(error, 'unavailable'));
    t.regex(error.message, /another part/);
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

test('a reader may take its time, and the connection waits with it', async (t) => {
  const bytes = content(8 * 1024 * 1024);
  let requests = 0;
  const driver = await driverOn(
    t,
    (_, response) => {
      requests += 1;
      response.writeHead(200, { 'content-length': bytes.byteLength, 'x-goog-generation': '1' }).end(bytes);
    },
    { idleMs: 1000 },
  );
  const stream = await driver.read(at('/file'));
  await once(stream, 'readable');
  await setTimeout(2500);
  t.true((await drain(stream)).equals(bytes));
  t.is(requests, 1);
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
