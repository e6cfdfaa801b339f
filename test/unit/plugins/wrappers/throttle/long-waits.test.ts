import { Readable } from 'node:stream';
import test from 'ava';
import { atPace } from '../../../../../core/async/call-pace.ts';
import { parseStoragePath } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { StorageProbe } from '../../../../../server/health/storage-probe.ts';
import { assertFails, content, drain } from '../../../../../testing/driver-case.ts';
import { drainList, stubDriver } from '../../../../helpers/drivers/stub-driver.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { instantClock } from '../../../../helpers/running/instant-clock.ts';
import { busy, FILE, FOLDER, OTHER, throttled } from './throttled.ts';

test('a call that would wait too long is refused, and what has begun can end', async (t) => {
  const { driver, clock } = await busy(t, { writes: 1, maxWaitMs: 2000 });
  await using writer = await driver.openWriter(OTHER, { append: false });
  const waiting = [driver.stat(FILE), driver.stat(FILE)];
  const error = await assertFails(driver.stat(FILE), 'unavailable', { driver, path: FILE });
  t.regex(error.message, /call would wait 3000 ms in the middleware "throttle"; maxwait allows 2000 ms/);
  const deletes = [driver.delete(FILE), driver.delete(FILE).catch(() => undefined)];
  await assertFails(driver.write(FILE, Buffer.alloc(1)), 'unavailable', { driver, path: FILE });
  await assertFails(drainList(driver.list(FOLDER)), 'unavailable', { driver, path: FOLDER });
  const commit = writer.commit();
  const all = Promise.all([...waiting, ...deletes, commit]);
  let isDone = false;
  const done = all.then(() => (isDone = true));
  while (!isDone) await Promise.race([clock.next().then((wait) => wait.pass()), done]);
});

test('a list that has begun is not refused', async (t) => {
  const inner = new MemoryDriver();
  for (let index = 0; index < 1500; index += 1) await inner.write(parseStoragePath(`/f/${index}`), Buffer.alloc(0));
  const clock = new FakeClock();
  const driver = throttled(inner, clock, { reads: 1, maxWaitMs: 500 });
  const names = drainList(driver.list(parseStoragePath('/f')));
  (await clock.next()).pass();
  t.is((await names).length, 1500);
  await assertFails(driver.stat(FILE), 'unavailable', { driver, path: FILE });
});

test('however many chunks of streams wait, calls are not refused', async (t) => {
  const inner = stubDriver({
    read: async () => Readable.from([1, 2].map(() => content(1000))),
    stat: async () => undefined,
  });
  const clock = new FakeClock();
  const driver = throttled(inner, clock, { reads: 1e6, readBytes: 1000, maxWaitMs: 1000 });
  const leaving = new AbortController();
  const streams: Promise<unknown>[] = [];
  for (let count = 0; count < 60; count += 1) {
    const stream = await driver.read(FILE, { signal: leaving.signal });
    streams.push(drain(stream).catch(() => undefined));
  }
  await clock.next();
  t.is(await driver.stat(FILE), undefined);
  streams.push(drain(await driver.read(FILE, { signal: leaving.signal })).catch(() => undefined));
  leaving.abort();
  await Promise.all(streams);
});

test('calls of jobs wait behind those of requests, and are not refused', async (t) => {
  const clock = instantClock();
  const driver = throttled(new MemoryDriver(), clock, { reads: 1, maxWaitMs: 5000 });
  await driver.stat(FILE);
  const ended: string[] = [];
  const stats = (party: string) =>
    Array.from({ length: 5 }, async () => {
      await driver.stat(FILE);
      ended.push(party);
    });
  const jobs = atPace({ signal: new AbortController().signal }, () => Promise.all(stats('job')));
  await Promise.all([jobs, ...stats('request')]);
  t.deepEqual(
    ended,
    ['request', 'job'].flatMap((party) => Array.from({ length: 5 }, () => party)),
  );
});

test('the health check does not wait for the throttle, and takes no turn', async (t) => {
  const { driver, clock } = await busy(t, { maxWaitMs: 0 });
  await assertFails(driver.stat(FILE), 'unavailable', { driver, path: FILE });
  const silent = (): void => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: silent };
  const probe = new StorageProbe(driver, { log, freshMs: 0, limitMs: 60_000 });
  for (let count = 0; count < 3; count += 1) t.is(await probe.check(), undefined);
  clock.nowMs += 1000;
  t.like(await driver.stat(FILE), { size: 1000 });
});
