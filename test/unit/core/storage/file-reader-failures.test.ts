import { Readable } from 'node:stream';
import test from 'ava';
import { DriverError, guardDriver, type ReadOptions, type StoragePath } from '../../../../core/driver/index.ts';
import { DriverFileReader } from '../../../../core/storage/driver-file-reader.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { at } from '../../../../testing/driver-case.ts';
import { FaultInjector } from '../../../helpers/drivers/fault-injector.ts';

const PATH = at('/some/file');
const PATTERN = Buffer.from('01234567890ab');

/** Breaks off the stream of the next read after some bytes. */
class BreakingDriver extends MemoryDriver {
  breakBehind: number | undefined;
  readonly streams: Readable[] = [];

  override async read(path: StoragePath, options: ReadOptions = {}): Promise<Readable> {
    const { start = 0 } = options;
    const bytes = this.breakBehind;
    this.breakBehind = undefined;
    const stream = bytes === undefined ? await super.read(path, options) : Readable.from(broken(start, bytes));
    this.streams.push(stream);
    return stream;
  }
}

async function* broken(start: number, bytes: number): AsyncGenerator<Buffer, void, undefined> {
  yield PATTERN.subarray(start, start + bytes);
  throw new DriverError('unavailable', { path: PATH });
}

test('a read that broke off can be repeated and loses no byte', async (t) => {
  const driver = new BreakingDriver();
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  await reader.seek(2);
  driver.breakBehind = 5;
  const buffer = Buffer.alloc(11);
  await t.throwsAsync(reader.read(buffer), { instanceOf: DriverError, message: /unavailable/ });
  t.is(reader.offset, 2);
  t.is(await reader.read(buffer), 11);
  t.is(buffer.toString(), '234567890ab');
});

test('a read that could not be opened can be repeated', async (t) => {
  const inner = new MemoryDriver();
  await inner.write(PATH, PATTERN);
  const driver = new FaultInjector(inner);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  driver.failNext('read');
  const buffer = Buffer.alloc(13);
  await t.throwsAsync(reader.read(buffer), { instanceOf: DriverError, message: /unavailable/ });
  t.is(await reader.read(buffer), 13);
  t.deepEqual(buffer, PATTERN);
});

test('a backend that fails to report the size fails the opening', async (t) => {
  const driver = new FaultInjector(new MemoryDriver());
  driver.failNext('stat');
  await t.throwsAsync(DriverFileReader.open(guardDriver(driver), PATH), {
    instanceOf: DriverError,
    message: /unavailable/,
  });
});

test('seeking elsewhere and closing release the stream', async (t) => {
  const driver = new BreakingDriver();
  await driver.write(PATH, PATTERN);
  const reader = await DriverFileReader.open(guardDriver(driver), PATH);
  const buffer = Buffer.alloc(3);
  await reader.read(buffer);
  await reader.seek(0);
  t.true(driver.streams[0]?.destroyed);
  await reader.read(buffer);
  t.false(driver.streams[1]?.destroyed);
  await reader.close();
  t.true(driver.streams[1]?.destroyed);
});
