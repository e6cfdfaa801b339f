import { createHash, randomInt } from 'node:crypto';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { DriverError, type DriverErrorCode, guardDriver } from '../../../../core/driver/index.ts';
import { DriverFileReader } from '../../../../core/storage/driver-file-reader.ts';
import { FilesystemDriver } from '../../../../drivers/filesystem/filesystem-driver.ts';
import { at, content } from '../../../../testing/driver-case.ts';
import { CountingDriver } from '../../../helpers/drivers/counting-driver.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { tempRoot } from '../../../helpers/drivers/temp-root.ts';

const PATH = at('/some/file');
const PATTERN = Buffer.from('01234567890ab');

eachDriver('a MiB is read in buffers of any size, and its digest is right', async (t, driver) => {
  const bytes = content(1024 * 1024);
  await driver.write(PATH, bytes);
  for (const bufferBytes of [1000, 65_536, 1_000_003, 2_000_000]) {
    await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
    const hash = createHash('sha256');
    const buffer = Buffer.alloc(bufferBytes);
    for (let count = await reader.read(buffer); count > 0; count = await reader.read(buffer)) {
      hash.update(buffer.subarray(0, count));
    }
    t.is(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
    t.is(reader.offset, bytes.byteLength);
  }
});

eachDriver('seeks in random order find every block', async (t, driver) => {
  const blocks = 256;
  await driver.write(PATH, Buffer.concat(Array.from({ length: blocks }, () => PATTERN)));
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  const seed = randomInt(2 ** 31);
  t.log(`seed ${seed}`);
  for (const block of permutation(blocks, seed)) {
    const target = block * PATTERN.byteLength;
    t.is(await reader.seek(target), target);
    const buffer = Buffer.alloc(PATTERN.byteLength);
    t.is(await reader.read(buffer), PATTERN.byteLength);
    t.deepEqual(buffer, PATTERN);
    t.is(await reader.seek(0, 'current'), target + PATTERN.byteLength);
  }
});

eachDriver('seeks count from the start, from here and from the end', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(reader.size, 13);
  t.is(await reader.seek(0, 'end'), 13);
  t.is(await readText(reader, 5), '');
  t.is(await reader.seek(-3, 'end'), 10);
  t.is(await readText(reader, 10), '0ab');
  t.is(await reader.seek(-12, 'current'), 1);
  t.is(await readText(reader, 2), '12');
  t.is(await reader.seek(2, 'current'), 5);
  t.is(await readText(reader, 1), '5');
  t.is(await reader.seek(0), 0);
  t.is(await readText(reader, 100), PATTERN.toString());
});

eachDriver('a seek past the end is allowed and nothing is read there', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(await reader.seek(1, 'end'), 14);
  t.is(await readText(reader, 5), '');
  t.is(reader.offset, 14);
  t.is(await reader.seek(-2, 'current'), 12);
  t.is(await readText(reader, 5), 'b');
});

eachDriver('a seek to an invalid position is refused and the reader stays where it was', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(await readText(reader, 4), '0123');
  for (const offset of [-1, -1000, 0.5, Number.NaN, Infinity, 2 ** 53]) {
    await failsWith(t, reader.seek(offset), 'invalid-offset');
  }
  await failsWith(t, reader.seek(-5, 'current'), 'invalid-offset');
  await failsWith(t, reader.seek(-14, 'end'), 'invalid-offset');
  t.is(reader.offset, 4);
  t.is(await readText(reader, 3), '456');
});

eachDriver('a missing file is an empty one', async (t, driver) => {
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(reader.size, 0);
  t.is(await readText(reader, 10), '');
  t.is(await reader.seek(10), 10);
  t.is(await readText(reader, 10), '');
});

eachDriver('a folder does not count as a file', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await failsWith(t, DriverFileReader.open(guardDriver(driver), at('/some')), 'not-found');
});

eachDriver('an empty buffer reads nothing, an empty file has nothing', async (t, driver) => {
  await driver.write(PATH, new Uint8Array());
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(reader.size, 0);
  t.is(await readText(reader, 10), '');
  await driver.write(at('/other'), PATTERN);
  await using other = await DriverFileReader.open(guardDriver(driver), at('/other'));
  t.is(await readText(other, 0), '');
  t.is(other.offset, 0);
});

eachDriver('the driver is asked for bytes only when it must be', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  const counting = new CountingDriver(driver);
  await using reader = await DriverFileReader.open(guardDriver(counting), PATH);
  t.is(counting.count('read'), 0);
  await reader.seek(0, 'end');
  await reader.seek(2);
  t.is(counting.count('read'), 0);
  await readText(reader, 3);
  await reader.seek(5);
  await readText(reader, 3);
  await reader.seek(0, 'current');
  await readText(reader, 100);
  t.is(counting.count('read'), 1);
  await reader.seek(0);
  await readText(reader, 1);
  t.is(counting.count('read'), 2);
});

eachDriver('a file that changed its size between two openings is not mixed', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(await readText(reader, 4), '0123');
  await driver.write(PATH, Buffer.alloc(20, 'x'));
  await reader.seek(0);
  await failsWith(t, readText(reader, 4), 'conflict');
  await failsWith(t, readText(reader, 4), 'conflict');
});

eachDriver('a file that vanished between two openings is reported as missing', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  t.is(await readText(reader, 4), '0123');
  await driver.delete(PATH);
  await reader.seek(0);
  await failsWith(t, readText(reader, 4), 'conflict');
});

test('a file that changed but kept its size is noticed by its time', async (t) => {
  const rootFolder = await tempRoot(t);
  const driver = guardDriver(await FilesystemDriver.open({ rootFolder, maxCalls: 25, warn: () => undefined }));
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(driver, PATH);
  t.is(await readText(reader, 4), '0123');
  await utimes(join(rootFolder, PATH), new Date(0), new Date(0));
  await reader.seek(0);
  await failsWith(t, readText(reader, 4), 'conflict');
});

eachDriver('a file that got shorter before the first read is noticed', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  await driver.write(PATH, Buffer.from('01'));
  await failsWith(t, readText(reader, 13), 'conflict');
});

eachDriver('a file that grew before the first read gives no more than its old size', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  await using reader = await DriverFileReader.open(guardDriver(driver), PATH);
  await driver.write(PATH, Buffer.concat([PATTERN, PATTERN]));
  t.is(await readText(reader, 100), PATTERN.toString());
  t.is(await readText(reader, 100), '');
});

eachDriver('a closed reader refuses everything, including a second close', async (t, driver) => {
  await driver.write(PATH, PATTERN);
  const reader = await DriverFileReader.open(guardDriver(driver), PATH);
  await readText(reader, 4);
  await reader.close();
  await failsWith(t, readText(reader, 4), 'closed');
  await failsWith(t, reader.seek(0), 'closed');
  await failsWith(t, reader.close(), 'closed');
  await t.notThrowsAsync(async () => reader[Symbol.asyncDispose]());
});

function permutation(count: number, seed: number): number[] {
  const items = Array.from({ length: count }, (_item, index) => index);
  let state = seed;
  for (let index = count - 1; index > 0; index -= 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const other = state % (index + 1);
    [items[index], items[other]] = [items[other] ?? 0, items[index] ?? 0];
  }
  return items;
}

async function readText(reader: DriverFileReader, maxBytes: number): Promise<string> {
  const buffer = Buffer.alloc(maxBytes);
  return buffer.toString('latin1', 0, await reader.read(buffer));
}

async function failsWith(t: ExecutionContext, action: Promise<unknown>, code: DriverErrorCode): Promise<void> {
  const error = await t.throwsAsync(action, { instanceOf: DriverError });
  t.is(error.code, code);
}
