import { DriverError } from '../../../core/driver/index.ts';
import { assertBytes, at, content, readAll } from '../../../testing/driver-case.ts';
import type { Faults } from '../../helpers/http/faulty-proxy.ts';
import { newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs } from './gcs-driver.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('conditional writes');

/** Loses the answer to the first request that stores something. */
function firstAnswerLost(): Faults {
  let isOver = false;
  return ({ method }) => {
    if (isOver || method !== 'POST') return undefined;
    isOver = true;
    return 'lost-answer';
  };
}

test('a file that must be new is created although the first answer was lost, and by no second write', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  proxy.faults = firstAnswerLost();
  await driver.write(at('/once'), content(10), { ifAbsent: true });
  t.is(proxy.faultCount, 1);
  // Even one with the same content is another write.
  const second = await t.throwsAsync(driver.write(at('/once'), content(10), { ifAbsent: true }));
  t.true(DriverError.is(second, 'conflict'), String(second));
  proxy.faults = firstAnswerLost();
  const third = await t.throwsAsync(driver.write(at('/once'), content(10), { ifAbsent: true }));
  t.true(DriverError.is(third, 'conflict'), String(third));
  assertBytes(await readAll(driver, '/once'), content(10));
});
