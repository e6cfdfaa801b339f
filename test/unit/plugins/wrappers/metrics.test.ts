import test from 'ava';
import { DRIVER_WRAPPER } from '../../../../core/di.ts';
import { guardDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import type { CallMetrics, DriverMetrics } from '../../../../core/ports/driver-metrics.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import metrics from '../../../../plugins/wrappers/metrics/index.ts';
import { at, bodyOf, content, MIB, names, readAll } from '../../../../testing/driver-case.ts';
import { pluginContext } from '../../../helpers/drivers/driver-options.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';
import { BACKENDS, bindingsOf, newBackend, problemsOf } from './wrap.ts';
import { wrapperSuite } from './wrapper-suite.ts';

wrapperSuite(metrics, async () => ({ options: undefined }));

async function metered(
  inner: StorageDriver,
  options?: unknown,
  context = pluginContext(),
): Promise<{ driver: StorageDriver; metrics: DriverMetrics; of: (call: string) => CallMetrics | undefined }> {
  const container = await bindingsOf({ definition: metrics, options, context });
  const wrapper = container.get(DRIVER_WRAPPER);
  const driver = guardDriver(await wrapper.wrap(guardDriver(inner)));
  const { metrics: counted } = wrapper;
  if (counted === undefined) throw new Error('the wrapper gives no metrics');
  return { driver, metrics: counted, of: (wanted) => counted.snapshot().find(({ call }) => call === wanted) };
}

for (const backend of BACKENDS) {
  test(`calls and bytes of ${backend} are counted by the kind of call`, async (t) => {
    const { driver: inner, remove } = await newBackend(backend);
    t.teardown(remove);
    const { driver, of } = await metered(inner);
    await driver.write(at('/small'), content(100));
    const writer = await driver.openWriter(at('/large'), { append: false });
    await writer.append(bodyOf(content(MIB)));
    await writer.append(bodyOf(content(10)));
    await writer.commit();
    await readAll(driver, '/small');
    await readAll(driver, '/large');
    await readAll(driver, '/large', MIB);
    await names(driver, '/');
    for (let index = 0; index < 5; index += 1) await driver.stat(at('/small'));
    t.like(of('write'), { count: 1, bytes: 100, failures: {} });
    t.like(of('append'), { count: 2, bytes: MIB + 10 });
    t.like(of('read'), { count: 3, bytes: 100 + MIB + 10 + 10 });
    t.like(of('stat'), { count: 5, bytes: 0 });
    for (const call of ['openWriter', 'commit', 'list']) t.is(of(call)?.count, 1, call);
    t.is(of('move'), undefined);
  });
}

test('a small file in the memory of the driver is counted once', async (t) => {
  const { driver: inner, remove } = await newBackend('filesystem');
  t.teardown(remove);
  const { driver, of } = await metered(inner);
  await driver.write(at('/small'), content(100));
  for (let index = 0; index < 4; index += 1) t.is((await driver.read(at('/small'))).whole?.byteLength, 100);
  t.like(of('read'), { count: 4, bytes: 400 });
});

test('a look into the memory of the driver is counted as a read when it finds something', async (t) => {
  const peek = (path: string): Uint8Array | undefined => (path === '/kept' ? content(70) : undefined);
  const { driver, of } = await metered(Object.assign(new MemoryDriver(), { peek }));
  t.deepEqual(driver.peek?.(at('/kept')), content(70));
  t.is(driver.peek?.(at('/other')), undefined);
  t.like(of('read'), { count: 1, bytes: 70, failures: {} });
  t.true((await metered(new MemoryDriver())).driver.peek === undefined);
});

test('failures are counted by their code, including those of streams and refused paths', async (t) => {
  const inner = new FaultInjector(new MemoryDriver());
  const { driver, of } = await metered(inner);
  inner.failNext('write');
  await t.throwsAsync(driver.write(at('/file'), content(1)), { code: 'unavailable' });
  await t.throwsAsync(driver.read(at('/missing')), { code: 'not-found' });
  await t.throwsAsync(driver.read(at('/missing')), { code: 'not-found' });
  t.like(of('write'), { count: 1, bytes: 0, failures: { unavailable: 1 } });
  t.deepEqual(of('read')?.failures, { 'not-found': 2 });
});

test('the bytes that a broken body has stored are counted', async (t) => {
  const { driver, of } = await metered(new MemoryDriver());
  const writer = await driver.openWriter(at('/file'), { append: false });
  const broken = (async function* () {
    yield content(70);
    throw new Error('the client has gone');
  })();
  await t.throwsAsync(writer.append(broken), { message: 'the client has gone' });
  t.like(of('append'), { count: 1, bytes: 70, failures: {} });
});

test('durations are sorted under ascending bounds, one more than there are bounds, and add up', async (t) => {
  const { driver, of, metrics } = await metered(new MemoryDriver());
  for (let index = 0; index < 10; index += 1) await driver.stat(at('/file'));
  const { counts = [], seconds = 0 } = of('stat') ?? {};
  t.is(counts.length, metrics.boundsSeconds.length + 1);
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    10,
  );
  t.true(seconds > 0);
  t.deepEqual(
    [...metrics.boundsSeconds],
    metrics.boundsSeconds.toSorted((a, b) => a - b),
  );
});

test('the debug log gets a summary at the end, and nothing at other levels', async (t) => {
  const lines: [string, unknown][] = [];
  const context = {
    ...pluginContext(),
    debug: (message: string, fields?: unknown) => void lines.push([message, fields]),
  };
  const { driver } = await metered(new MemoryDriver(), { interval: '1h' }, context);
  await driver.write(at('/file'), content(5));
  t.deepEqual(lines, []);
  await driver[Symbol.asyncDispose]();
  t.is(lines.length, 1);
  t.like(lines[0]?.[1], { write: { count: 1, bytes: 5, failures: {} } });
  const quiet = await metered(new MemoryDriver(), { interval: '1h' });
  await t.notThrowsAsync(async () => quiet.driver[Symbol.asyncDispose]());
});

test('a summary comes in the configured interval', async (t) => {
  const reported = Promise.withResolvers<void>();
  const context = { ...pluginContext(), debug: () => reported.resolve() };
  const { driver } = await metered(new MemoryDriver(), { interval: '1ms' }, context);
  // The timer of a summary does not keep a process alive, so something else has to.
  const alive = setInterval(() => undefined, 1000);
  t.teardown(() => clearInterval(alive));
  await reported.promise;
  await driver[Symbol.asyncDispose]();
  t.pass();
});

for (const interval of ['soon', -1, '-5s', true]) {
  test(`the interval ${JSON.stringify(interval)} is refused by name`, async (t) => {
    t.regex((await problemsOf({ definition: metrics, options: { interval } })).join(), /^interval: must be a duration/);
  });
}
