import { Readable } from 'node:stream';
import test from 'ava';
import {
  type DriverCall,
  DriverError,
  type DriverObserver,
  entryBatches,
  guardDriver,
  type StorageDriver,
  type StoragePath,
} from '../../../../core/driver/index.ts';
import { codeOf, drainList, OUTSIDE, PATH, stubDriver } from '../../../helpers/drivers/stub-driver.ts';

test('a wrong path never reaches the driver', async (t) => {
  const stub = stubDriver();
  const driver = guardDriver(stub);
  stub.calls.length = 0;
  const calls = [
    () => driver.stat(OUTSIDE),
    () => driver.read(OUTSIDE),
    () => driver.write(OUTSIDE, Buffer.from('x')),
    () => driver.openWriter(OUTSIDE, { append: false }),
    () => drainList(driver.list(OUTSIDE)),
    () => driver.move(OUTSIDE, PATH),
    () => driver.move(PATH, OUTSIDE),
    () => driver.delete(OUTSIDE),
  ];
  for (const call of calls) {
    const error = await t.throwsAsync(call());
    t.is(codeOf(error), 'invalid-path');
    t.true(error instanceof DriverError && error.path === OUTSIDE && error.driver === 'stub');
  }
  t.deepEqual(stub.calls, []);
});

test('the root may be listed and looked at, and nothing else', async (t) => {
  const driver = guardDriver(stubDriver());
  const root = '/' as StoragePath;
  t.is(await driver.stat(root), undefined);
  t.deepEqual(await drainList(driver.list(root)), ['b', 'c']);
  for (const call of [driver.read(root), driver.write(root, Buffer.alloc(0)), driver.delete(root)]) {
    t.is(codeOf(await t.throwsAsync(call)), 'invalid-path');
  }
});

test('a driver without conditional writes never sees ifAbsent, and replaces no file that it has', async (t) => {
  const seen: unknown[] = [];
  const file = { path: PATH, isFolder: false, size: 1, modifiedAt: new Date() };
  const files: (typeof file)[] = [];
  const stub = stubDriver({
    stat: async () => files[0],
    write: async (...given) => void seen.push(given[2]),
  });
  await guardDriver(stub).write(PATH, Buffer.from('x'), { ifAbsent: true, durable: false });
  t.deepEqual(seen, [{ durable: false }]);
  files.push(file);
  const error = await t.throwsAsync(guardDriver(stub).write(PATH, Buffer.from('x'), { ifAbsent: true }));
  t.is(codeOf(error), 'conflict');
  t.is(seen.length, 1);
});

test('a driver with conditional writes decides about ifAbsent alone', async (t) => {
  const seen: unknown[] = [];
  const { capabilities, ...stub } = stubDriver({ write: async (...given) => void seen.push(given[2]) });
  const driver = guardDriver({ ...stub, capabilities: { ...capabilities, conditionalWrites: true } });
  await driver.write(PATH, Buffer.from('x'), { ifAbsent: true });
  t.deepEqual(seen, [{ ifAbsent: true }]);
});

test('a wrong offset never reaches the driver and is named', async (t) => {
  const stub = stubDriver();
  const driver = guardDriver(stub);
  for (const [options, offset] of [
    [{ start: -1 }, -1],
    [{ start: 1.5 }, 1.5],
    [{ start: 5, end: 4 }, 4],
    [{ end: -2 }, -2],
  ] as const) {
    const error = await t.throwsAsync(driver.read(PATH, options));
    t.true(DriverError.is(error, 'invalid-offset') && error.offset === offset && error.path === PATH);
  }
  t.false(stub.calls.includes('read'));
});

test('an error gets the names of driver and path and keeps its cause, a foreign one becomes unavailable', async (t) => {
  const cause = new Error('EIO');
  const bare = guardDriver(stubDriver({ stat: () => Promise.reject(new DriverError('denied', { cause })) }));
  const denied = await t.throwsAsync(bare.stat(PATH));
  t.true(
    DriverError.is(denied, 'denied') && denied.driver === 'stub' && denied.path === PATH && denied.cause === cause,
  );
  const foreign = guardDriver(stubDriver({ stat: () => Promise.reject(cause) }));
  const unavailable = await t.throwsAsync(foreign.stat(PATH));
  t.true(DriverError.is(unavailable, 'unavailable') && unavailable.cause === cause);
  const tagged = new DriverError('conflict', { driver: 'inner', path: '/x' });
  t.is(await t.throwsAsync(guardDriver(stubDriver({ stat: () => Promise.reject(tagged) })).stat(PATH)), tagged);
});

test('an aborted signal refuses a call, whatever its reason is', async (t) => {
  const stub = stubDriver();
  const driver = guardDriver(stub);
  for (const reason of [new DriverError('not-found', { path: '/x', driver: 'y' }), new Error('gone'), 'gone']) {
    const error = await t.throwsAsync(driver.stat(PATH, { signal: AbortSignal.abort(reason) }));
    t.true(DriverError.is(error, 'aborted') && error.cause === reason);
  }
  t.false(stub.calls.includes('stat'));
});

test('a stream that is opened while the signal aborts is destroyed and not handed out', async (t) => {
  const controller = new AbortController();
  const stream = new Readable({ read: () => undefined });
  const read = async () => {
    controller.abort();
    return stream;
  };
  const error = await t.throwsAsync(guardDriver(stubDriver({ read })).read(PATH, { signal: controller.signal }));
  t.is(codeOf(error), 'aborted');
  t.true(stream.destroyed);
});

test('a stream that fails without a listener does not end the process', async (t) => {
  const stream = await guardDriver(stubDriver()).read(PATH);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy(new Error('disk'));
  await closed;
  t.is(stream.errored?.message, 'disk');
});

test('batches are handed on without names that no path can hold; a driver without batches gives each entry alone', async (t) => {
  const entry = (name: string) => ({ name, isFolder: false });
  const groups = [['a', 'lost+found', 'b'], ['c']].map((names) => names.map(entry));
  const list = () =>
    Object.assign(Readable.from(groups.flat()), { batches: () => Readable.from(groups, { objectMode: true }) });
  const batches = async (driver: StorageDriver) => {
    const found: string[][] = [];
    for await (const batch of entryBatches(driver.list(PATH))) found.push(batch.map(({ name }) => name));
    return found;
  };
  t.deepEqual(await batches(guardDriver(stubDriver({ list }))), [['a', 'b'], ['c']]);
  t.deepEqual(await batches(guardDriver(stubDriver())), [['b'], ['c']]);
  t.is(
    codeOf(await t.throwsAsync(entryBatches(guardDriver(stubDriver()).list(OUTSIDE))[Symbol.asyncIterator]().next())),
    'invalid-path',
  );
});

test('the observer is notified once for each call, including lists and failures', async (t) => {
  const seen: [DriverCall, string | undefined][] = [];
  const observe: DriverObserver = (call, durationMs, error) => {
    t.true(durationMs >= 0);
    seen.push([call, error?.code]);
  };
  const driver = guardDriver(stubDriver({ stat: () => Promise.reject(new DriverError('denied')) }), observe);
  await drainList(driver.list(PATH));
  for await (const _ of driver.list(PATH)) break;
  await t.throwsAsync(driver.stat(PATH));
  await t.throwsAsync(driver.delete(OUTSIDE));
  await t.throwsAsync(drainList(driver.list(OUTSIDE)));
  t.deepEqual(seen, [
    ['list', undefined],
    ['list', undefined],
    ['stat', 'denied'],
    ['delete', 'invalid-path'],
    ['list', 'invalid-path'],
  ]);
});

test('guarding twice changes nothing, unless an observer is given', async (t) => {
  const once = guardDriver(stubDriver());
  t.is(guardDriver(once), once);
  const seen: DriverCall[] = [];
  await guardDriver(once, (call) => seen.push(call)).stat(PATH);
  t.deepEqual(seen, ['stat']);
});

test('redirectUrl exists only if the driver has it', async (t) => {
  t.like(guardDriver(stubDriver()), { redirectUrl: undefined });
  const url = new URL('https://storage.example/a');
  const driver = guardDriver(stubDriver({ redirectUrl: async () => url }));
  t.is(await driver.redirectUrl?.(PATH, { method: 'GET', expiresInMs: 1 }), url);
  const refused = driver.redirectUrl?.(OUTSIDE, { method: 'GET', expiresInMs: 1 });
  t.is(codeOf(await t.throwsAsync(refused ?? Promise.resolve())), 'invalid-path');
});
