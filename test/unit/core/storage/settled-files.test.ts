import test from 'ava';
import { ForwardingDriver } from '../../../../core/driver/index.ts';
import { SettledFiles } from '../../../../core/storage/settled-files.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { at, readAll } from '../../../../testing/driver-case.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { until } from '../../../helpers/running/until.ts';

const PATH = at('/folder/link');
const BYTES = Buffer.from('content');

eachDriver('a file that was written twice is not written again', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const files = new SettledFiles(counting);
  await files.write(PATH, BYTES);
  t.is(counting.count(), 1);
  for (let round = 0; round < 3; round += 1) await files.write(PATH, BYTES);
  t.is(counting.count('write'), 2);
  t.deepEqual(await readAll(driver, PATH), BYTES);
});

test.serial(
  'a file that was written ten seconds ago is written again, since its time is that of the last push',
  async (t) => {
    const counting = new CountingDriver(new MemoryDriver());
    const files = new SettledFiles(counting);
    for (let round = 0; round < 3; round += 1) await files.write(PATH, BYTES);
    const { now } = Date;
    t.teardown(() => Object.assign(Date, { now }));
    for (const [seconds, writes] of [
      [9, 0],
      [11, 1],
    ] as const) {
      Object.assign(Date, { now: () => now() + seconds * 1000 });
      counting.reset();
      await files.write(PATH, BYTES);
      t.is(counting.count('write'), writes, `after ${seconds} s`);
    }
  },
);

eachDriver('a file that another process has put there is written, because it may not be durable', async (t, driver) => {
  await driver.write(PATH, BYTES);
  const counting = new CountingDriver(driver);
  await new SettledFiles(counting).write(PATH, BYTES);
  t.is(counting.count('write'), 1);
});

eachDriver('a file that was deleted and put back since is written', async (t, driver) => {
  const counting = new CountingDriver(driver);
  const files = new SettledFiles(counting);
  for (let round = 0; round < 3; round += 1) await files.write(PATH, BYTES);
  const before = (await driver.stat(PATH))?.modifiedAt.getTime();
  await until('the clock has moved on', async () => {
    await driver.delete(PATH);
    await driver.write(PATH, BYTES);
    return (await driver.stat(PATH))?.modifiedAt.getTime() !== before;
  });
  counting.reset();
  await files.write(PATH, BYTES);
  t.is(counting.count('write'), 1);
});

for (const [how, change] of Object.entries({
  deleted: async (driver: ForwardingDriver) => driver.delete(PATH),
  damaged: async (driver: ForwardingDriver) => driver.write(PATH, Buffer.from('comment')),
})) {
  for (const locality of ['local', 'remote'] as const) {
    test(`a file that was ${how} is written again to a ${locality} storage`, async (t) => {
      const driver = new ForwardingDriver(new MemoryDriver(), { locality });
      const files = new SettledFiles(driver);
      for (let round = 0; round < 3; round += 1) await files.write(PATH, BYTES);
      await change(driver);
      await files.write(PATH, BYTES);
      t.deepEqual(await readAll(driver, PATH), BYTES);
    });
  }
}

test('a remote storage is only read when a file is written the second time', async (t) => {
  const counting = new CountingDriver(new ForwardingDriver(new MemoryDriver(), { locality: 'remote' }));
  const files = new SettledFiles(counting);
  for (let round = 0; round < 2; round += 1) await files.write(PATH, BYTES);
  t.deepEqual(
    counting.sites.map(({ call }) => call),
    ['write', 'read'],
  );
});
