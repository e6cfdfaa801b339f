import test from 'ava';
import { DriverError, guardDriver } from '../../../core/driver/index.ts';
import { GcsDriver } from '../../../drivers/gcs/gcs-driver.ts';
import { KeyMapper } from '../../../drivers/gcs/keys.ts';
import { at, readAll } from '../../../testing/driver-case.ts';
import { bucketAt, stubService } from './stub-service.ts';

/** A driver on a service that gives `body` whole, whatever part was asked for, as for content that it unpacks. */
async function driverOn(...parameters: Parameters<typeof stubService>) {
  const bucket = bucketAt(parameters[0], await stubService(...parameters));
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
