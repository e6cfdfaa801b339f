import { once } from 'node:events';
import { createServer } from 'node:net';
import { DriverError, type StorageDriver } from '../../../core/driver/index.ts';
import { HttpTransport } from '../../../drivers/object-store/http-transport.ts';
import { Retries } from '../../../drivers/object-store/retries.ts';
import { assertBytes, at, bodyOf, content, drain, names, readAll } from '../../../testing/driver-case.ts';
import type { Fault } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import { newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs, UNIT_BYTES } from './gcs-driver.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('silence');
const PATH = at('/up/data');
const BYTES = content(2 * 1024 * 1024);
/** Long enough for a busy machine to open a driver. */
const IDLE_MS = 1_500;

const isDownload = ({ method, url }: SeenRequest): boolean => method === 'GET' && url.includes('alt=media');
const isUnavailable = (error: unknown): boolean => DriverError.is(error, 'unavailable');

const CALLS: Readonly<Record<string, (driver: StorageDriver) => Promise<unknown>>> = {
  stat: (driver) => driver.stat(PATH),
  read: async (driver) => drain(await driver.read(PATH)),
  'read in part': async (driver) => drain(await driver.read(PATH, { start: 5, end: 50 })),
  list: (driver) => names(driver, '/'),
  write: (driver) => driver.write(PATH, BYTES),
  move: (driver) => driver.move(PATH, at('/to')),
  delete: (driver) => driver.delete(PATH),
  'openWriter to append': (driver) => driver.openWriter(PATH, { append: true }),
  upload: async (driver) => {
    const writer = await driver.openWriter(at('/other'), { append: false });
    await writer.append(bodyOf(BYTES));
    await writer.commit();
  },
};

for (const [call, run] of Object.entries(CALLS)) {
  test(`${call} fails after two attempts when the service falls silent`, async (t) => {
    const proxy = await startProxy(t);
    const bucket = await newBucket();
    const patient = await openGcs(bucket, proxy.url);
    await patient.write(PATH, BYTES);
    const driver = await openGcs(bucket, proxy.url, { chunksize: UNIT_BYTES }, { idleMs: IDLE_MS });
    proxy.faults = () => 'silence';
    const error = await t.throwsAsync(run(driver));
    t.true(isUnavailable(error), String(error));
    t.regex(String(error), /no bytes arrived for \d+ ms/);
    proxy.faults = () => undefined;
    assertBytes(await readAll(patient, PATH), BYTES);
  });
}

for (const [what, isMeant] of [
  ['and answers nothing more', () => true],
  ['again and again', isDownload],
] as const) {
  test(`a download whose body stops ${what} fails`, async (t) => {
    const proxy = await startProxy(t);
    const driver = await openGcs(await newBucket(), proxy.url, {}, { idleMs: IDLE_MS });
    await driver.write(PATH, BYTES);
    let downloads = 0;
    proxy.faults = (request): Fault | undefined => {
      if (!isMeant(request)) return undefined;
      if (isDownload(request)) downloads += 1;
      return downloads === 1 ? { stopAfter: 300_000 } : what === 'again and again' ? { stopAfter: 0 } : 'silence';
    };
    const error = await t.throwsAsync(async () => drain(await driver.read(PATH)));
    t.true(isUnavailable(error), String(error));
    t.true(downloads <= 4, `${downloads} downloads`);
  });
}

test('one silent connection does not count as a silent service', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, {}, { idleMs: IDLE_MS });
  await driver.write(PATH, BYTES);
  let isOver = false;
  proxy.faults = (): Fault | undefined => {
    if (isOver) return undefined;
    isOver = true;
    return 'silence';
  };
  t.true((await readAll(driver, PATH)).equals(BYTES));
});

test('calls that wait for a connection of others end as well', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  const transport = new HttpTransport({
    service: 'test',
    maxCalls: 1,
    userAgent: 'test',
    authorize: async () => ({}),
    idleMs: IDLE_MS,
  });
  t.teardown(() => {
    transport[Symbol.dispose]();
    server.close();
  });
  const url = new URL(`http://127.0.0.1:${address.port}/`);
  const calls = Array.from({ length: 5 }, () => transport.send({ method: 'GET', url }));
  for (const outcome of await Promise.allSettled(calls)) t.is(outcome.status, 'rejected');
});

test('a token that never comes ends a call', async (t) => {
  const authorize = (): Promise<never> => new Promise(() => undefined);
  using transport = new HttpTransport({ service: 'test', maxCalls: 1, userAgent: 'test', authorize, idleMs: IDLE_MS });
  const retries = new Retries({ firstPauseMs: 1 });
  const url = new URL('http://127.0.0.1:1/');
  await t.throwsAsync(
    retries.run(() => transport.send({ method: 'GET', url })),
    { message: /no bytes arrived/ },
  );
});
