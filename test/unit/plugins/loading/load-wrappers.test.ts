import test, { type ExecutionContext } from 'ava';
import { DriverError, guardDriver, parseStoragePath, type StoragePath } from '../../../../core/driver/index.ts';
import { loadDriver } from '../../../../plugins/loading/load-driver.ts';
import { wrapDriver } from '../../../../plugins/loading/load-wrappers.ts';
import { PluginLoadError } from '../../../../plugins/loading/plugin-load-error.ts';
import { folderWith, pluginSource } from './fixture-folder.ts';

/** A wrapper that signs every write through it, and names the inner driver in its own name. */
const SIGNER = pluginSource(
  'driver-wrapper',
  `({ sign }) => bindPort(DRIVER_WRAPPER, {
    wrap: async (driver) => Object.assign(Object.create(driver), {
      name: sign + '(' + driver.name + ')',
      capabilities: driver.capabilities,
      stat: (path, options) => driver.stat(path, options),
      read: (path, options) => driver.read(path, options),
      write: (path, content, options) => driver.write(path, Buffer.concat([content, Buffer.from(sign)]), options),
      openWriter: (path, options) => driver.openWriter(path, options),
      list: (folder, options) => driver.list(folder, options),
      move: (from, to, options) => driver.move(from, to, options),
      delete: async () => { throw new Error('out of ' + sign); },
      [Symbol.asyncDispose]: () => driver[Symbol.asyncDispose](),
    }),
  })`,
);

async function setUp(t: ExecutionContext, wrapper = SIGNER) {
  const baseFolder = await folderWith(t, {
    'node_modules/stowage-wrapper-sign/package.json': '{"exports":"./entry.mjs"}',
    'node_modules/stowage-wrapper-sign/entry.mjs': wrapper,
    'local.mjs': wrapper,
  });
  const place = { at: 'middleware.storage[0]', baseFolder, warn: () => {} };
  const driver = await loadDriver('inmemory', {}, { ...place, at: 'storage.inmemory' });
  return { driver, place };
}

test('the first wrapper is next to the driver and the last one outermost, by name, package and path', async (t) => {
  const { driver, place } = await setUp(t);
  const { driver: wrapped } = await wrapDriver(driver, [
    { ...place, name: 'sign', options: { sign: 'a' } },
    { ...place, name: 'stowage-wrapper-sign', options: { sign: 'b' } },
    { ...place, name: './local.mjs', options: { sign: 'c' } },
  ]);
  t.is(wrapped.name, 'c(b(a(inmemory)))');
  const path = parseStoragePath('/file');
  await wrapped.write(path, Buffer.from('-'));
  const chunks: Buffer[] = [];
  for await (const chunk of await driver.read(path)) chunks.push(chunk as Buffer);
  t.is(Buffer.concat(chunks).toString(), '-cba');
});

test('the drivers that wrappers return are guarded: bad paths do not reach them and foreign errors are tagged', async (t) => {
  const { driver, place } = await setUp(t);
  const { driver: wrapped } = await wrapDriver(driver, [{ ...place, name: 'sign', options: { sign: 'a' } }]);
  t.is(guardDriver(wrapped), wrapped, 'it needs no second guard');
  await t.throwsAsync(wrapped.stat('x' as StoragePath), { instanceOf: DriverError, code: 'invalid-path' });
  const error = await t.throwsAsync(wrapped.delete(parseStoragePath('/a')), { instanceOf: DriverError });
  t.like(error, { code: 'unavailable', driver: 'a(inmemory)' });
});

test('without wrappers the driver stays as it is', async (t) => {
  const { driver } = await setUp(t);
  t.deepEqual(await wrapDriver(driver, []), { driver, metrics: undefined });
});

const DRIVER_PARTS = 'name: driver.name, capabilities: driver.capabilities, stat() {}, read() {}, write() {}';
const BROKEN = {
  nothing: ['undefined', /its driver lacks name, capabilities, stat, .*Symbol\(Symbol\.asyncDispose\)/],
  'half a driver': [`{ ${DRIVER_PARTS} }`, /its driver lacks openWriter, list, move, delete/],
  'a driver that claims redirects which it has not': [
    `Object.assign(Object.create(driver), { redirectUrl: undefined,
       stat() {}, read() {}, write() {}, openWriter() {}, list() {}, move() {}, delete() {}, async [Symbol.asyncDispose]() {},
       capabilities: { ...driver.capabilities, redirect: true } })`,
    /capabilities\.redirect is true, but redirectUrl\(\) is missing/,
  ],
} as const;
for (const [what, [made, message]] of Object.entries(BROKEN)) {
  test(`a wrapper that returns ${what} stops the start and the driver is released`, async (t) => {
    const { driver, place } = await setUp(
      t,
      pluginSource('driver-wrapper', `() => bindPort(DRIVER_WRAPPER, { wrap: (driver) => (${made}) })`),
    );
    let released = 0;
    const watched = Object.assign(Object.create(driver) as typeof driver, {
      [Symbol.asyncDispose]: async () => void (released += 1),
    });
    const wrapping = wrapDriver(watched, [{ ...place, name: 'sign', options: {} }]);
    const error = await t.throwsAsync(wrapping, { instanceOf: PluginLoadError });
    t.is(error.code, 'broken-contract');
    t.regex(error.message, /^middleware\.storage\[0\]: driver wrapper "sign" breaks its contract$/m);
    t.regex(error.message, message);
    t.is(released, 1);
  });
}

const METER = pluginSource(
  'driver-wrapper',
  `({ bound }) => bindPort(DRIVER_WRAPPER, {
    wrap: (driver) => driver,
    metrics: { boundsSeconds: [bound], snapshot: () => [] },
  })`,
);

test('calls are counted by the outermost wrapper that counts them, and by one more only when none does', async (t) => {
  const { driver, place } = await setUp(t, METER);
  const counting = (bound: number) => ({ ...place, name: 'sign', options: { bound } });
  const meter = counting(9);
  const boundsOf = async (...wrappers: number[]) =>
    (await wrapDriver(driver, wrappers.map(counting), { meter })).metrics?.boundsSeconds;
  t.deepEqual(await boundsOf(), [9]);
  t.deepEqual(await boundsOf(1), [1]);
  t.deepEqual(await boundsOf(1, 2), [2]);
});

test('metrics that are none are refused', async (t) => {
  const { driver, place } = await setUp(t, METER.replace('snapshot', 'snapshots'));
  const error = await t.throwsAsync(wrapDriver(driver, [{ ...place, name: 'sign', options: { bound: 1 } }]));
  t.regex(error.message, /its metrics object lacks snapshot/);
});

test('a wrapper of another contract is refused with both numbers', async (t) => {
  const { driver, place } = await setUp(t, SIGNER.replace('contract: 1', 'contract: 7'));
  const wrapping = wrapDriver(driver, [{ ...place, name: 'sign', options: {} }]);
  const error = await t.throwsAsync(wrapping, { instanceOf: PluginLoadError });
  t.is(error.code, 'wrong-contract');
  t.regex(error.message, /written for contract 7, this registry has 2/);
});

test('a missing wrapper is reported with what was tried and what was probably meant', async (t) => {
  const { driver, place } = await setUp(t);
  const wrapping = wrapDriver(driver, [{ ...place, name: 'sing', options: {} }]);
  const error = await t.throwsAsync(wrapping, { instanceOf: PluginLoadError });
  t.is(error.code, 'not-installed');
  t.regex(error.message, /driver wrapper "sing" is not installed/);
  t.regex(error.message, /did you mean "sign"\?/);
  t.regex(error.message, /tried: package "stowage-wrapper-sing" from /);
});

test('each of several broken wrappers is named', async (t) => {
  const { driver, place } = await setUp(t);
  const wrapping = wrapDriver(
    driver,
    ['sing', 'sign', 'sang'].map((name) => ({ ...place, name, options: {} })),
  );
  const error = await t.throwsAsync(wrapping, { instanceOf: AggregateError });
  t.deepEqual(
    error.errors.map((each: PluginLoadError) => each.spec),
    ['sing', 'sang'],
  );
});
