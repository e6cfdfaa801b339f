import test from 'ava';
import { DriverError, guardDriver, type StorageDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { at, bodyOf, chunked, content, drain, names, readAll } from '../../../testing/driver-case.ts';
import { type CallSite, type Fault, FaultDriver } from '../../../testing/fault-driver.ts';

/** A store with one file and a proxy that fails every call of one kind. */
async function faulty(call: CallSite['call'], fault: Fault): Promise<{ inner: StorageDriver; driver: FaultDriver }> {
  const inner = guardDriver(new MemoryDriver());
  await inner.write(at('/file'), content(100_000));
  return { inner, driver: new FaultDriver(inner, (site) => (site.call === call ? fault : undefined)) };
}

const UNAVAILABLE = { message: /unavailable.*injected by the test kit/ };

test('a failed call has no effect, and others succeed', async (t) => {
  const { inner, driver } = await faulty('write', 'failed');
  await t.throwsAsync(driver.write(at('/new'), content(1)), UNAVAILABLE);
  t.is(await inner.stat(at('/new')), undefined);
  t.is((await driver.stat(at('/file')))?.size, 100_000);
  t.deepEqual(await names(driver, '/'), ['file']);
});

test('a call whose answer is lost has its effect', async (t) => {
  const { inner, driver } = await faulty('move', 'lost');
  await t.throwsAsync(driver.move(at('/file'), at('/moved')), UNAVAILABLE);
  t.deepEqual(await names(inner, '/'), ['moved']);
});

test('a lost answer of read and of openWriter keeps nothing open', async (t) => {
  const reading = await faulty('read', 'lost');
  await t.throwsAsync(reading.driver.read(at('/file')), UNAVAILABLE);
  const writing = await faulty('openWriter', 'lost');
  await t.throwsAsync(writing.driver.openWriter(at('/new'), { append: false }), UNAVAILABLE);
  t.is((await writing.inner.openWriter(at('/new'), { append: true })).size, 0);
});

test('an aborted append gets a signal that fires while the body flows', async (t) => {
  const { inner, driver } = await faulty('append', 'aborted');
  const writer = await driver.openWriter(at('/upload'), { append: false });
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      yield content(10);
    }
  };
  const error = await t.throwsAsync(writer.append(endless()));
  t.true(DriverError.is(error, 'aborted'));
  t.is(await inner.stat(at('/upload')), undefined);
});

test('the signal of the caller still counts in an aborted call', async (t) => {
  const { driver } = await faulty('stat', 'aborted');
  const error = await t.throwsAsync(driver.stat(at('/file'), { signal: AbortSignal.abort() }));
  t.true(DriverError.is(error, 'aborted'));
});

test('a short stream breaks off after a part of it, with an error', async (t) => {
  const { driver } = await faulty('read', 'short');
  const got: Buffer[] = [];
  await t.throwsAsync(async () => {
    for await (const chunk of (await driver.read(at('/file'))) as AsyncIterable<Buffer>) got.push(chunk);
  }, UNAVAILABLE);
  const bytes = Buffer.concat(got);
  t.true(bytes.byteLength < 100_000 && bytes.equals(content(100_000).subarray(0, bytes.byteLength)));
});

test('a short append keeps the bytes before the break', async (t) => {
  const { driver } = await faulty('append', 'short');
  await using writer = await driver.openWriter(at('/upload'), { append: false });
  await t.throwsAsync(writer.append(bodyOf(content(1000))), UNAVAILABLE);
  t.is(writer.size, 500);
});

test('slow calls read and write every byte', async (t) => {
  const writing = await faulty('append', 'slow');
  await using writer = await writing.driver.openWriter(at('/upload'), { append: false });
  await writer.append(chunked(content(70_001, 2), 30_000));
  await writer.commit();
  t.deepEqual(await readAll(writing.inner, '/upload'), content(70_001, 2));
  const reading = await faulty('read', 'slow');
  t.deepEqual(await drain(await reading.driver.read(at('/file'))), content(100_000));
});
