import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import test from 'ava';
import { parseStoragePath, ROOT_PATH } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { assertBytes, assertFails, bodyOf, content, drain, KIB } from '../../../../../testing/driver-case.ts';
import { eachDriver } from '../../../../helpers/drivers/each-driver.ts';
import { drainList, stubDriver } from '../../../../helpers/drivers/stub-driver.ts';
import { FakeClock } from '../../../../helpers/running/fake-clock.ts';
import { instantClock } from '../../../../helpers/running/instant-clock.ts';
import { busy, FILE, FOLDER, OTHER, throttled } from './throttled.ts';

/** One call a second, so that the clock counts calls: each of them pays for the one before. */
const COUNTING = { reads: 1, writes: 1 };

eachDriver('each call takes a turn of its direction, and does what it did', async (t, inner) => {
  const clock = instantClock();
  const driver = throttled(inner, clock, COUNTING);
  const assertTurns = async (expected: number, work: () => Promise<unknown>): Promise<void> => {
    // The turn of an earlier call is paid.
    clock.nowMs += 1000;
    clock.waits.length = 0;
    const before = clock.nowMs;
    await work();
    t.is((clock.nowMs - before) / 1000, Math.max(0, expected - 1), work.toString());
  };
  const twice = (work: () => Promise<unknown>) => async () => {
    await work();
    await work();
  };
  await assertTurns(
    2,
    twice(() => driver.write(FILE, Buffer.from('bytes'))),
  );
  await assertTurns(
    2,
    twice(async () => t.like(await driver.stat(FILE), { size: 5 })),
  );
  await assertTurns(
    2,
    twice(async () => t.is((await drain(await driver.read(FILE))).toString(), 'bytes')),
  );
  await assertTurns(
    2,
    twice(async () => t.deepEqual(await drainList(driver.list(FOLDER)), ['file'])),
  );
  await assertTurns(2, async () => {
    await driver.move(FILE, OTHER);
    await driver.delete(OTHER);
  });
  await assertTurns(3, async () => {
    await using writer = await driver.openWriter(FILE, { append: false });
    await writer.append(bodyOf(Buffer.from('new')));
    await writer.commit();
  });
  await assertTurns(2, async () => {
    await using writer = await driver.openWriter(OTHER, { append: false });
    await writer.cancel();
  });
  if (driver.prune !== undefined)
    await assertTurns(
      2,
      twice(async () => driver.prune?.(FOLDER)),
    );
  await assertTurns(0, async () => driver.check?.([ROOT_PATH]));
  t.deepEqual(await drainList(driver.list(FOLDER)), ['file']);
});

test('a long list takes a turn for each thousand entries', async (t) => {
  const inner = new MemoryDriver();
  for (let index = 0; index < 2500; index += 1) await inner.write(parseStoragePath(`/f/${index}`), Buffer.alloc(0));
  const clock = instantClock();
  const names = await drainList(throttled(inner, clock, COUNTING).list(parseStoragePath('/f')));
  t.is(names.length, 2500);
  t.is(clock.nowMs, 2000);
});

test('reads and writes have limits of their own', async (t) => {
  const clock = instantClock();
  const driver = throttled(new MemoryDriver(), clock, { writes: 1 });
  await driver.write(FILE, Buffer.from('bytes'));
  for (let count = 0; count < 5; count += 1) await driver.stat(FILE);
  t.is(clock.nowMs, 0);
  await driver.delete(FILE);
  t.is(clock.nowMs, 1000);
});

eachDriver('the bytes of a stream pass at their rate, and all of them arrive', async (t, inner) => {
  const bytes = content(4_000 * KIB);
  await inner.write(FILE, bytes);
  const clock = instantClock();
  const driver = throttled(inner, clock, { readBytes: 1000 * KIB });
  // So that nothing is left of the last chunk when the clock is read.
  const streams = [await driver.read(FILE), await driver.read(FILE), await driver.read(FILE, { start: 1, end: 9 })];
  const read = await Promise.all(streams.map((stream) => drain(stream)));
  assertBytes(read[0] as Buffer, bytes);
  assertBytes(read[1] as Buffer, bytes);
  assertBytes(read[2] as Buffer, bytes.subarray(1, 9));
  t.true(clock.nowMs <= 8_001 && clock.nowMs >= 3_000, `${clock.nowMs} ms`);
});

eachDriver('what is written and appended passes at its rate', async (t, inner) => {
  const clock = instantClock();
  const driver = throttled(inner, clock, { writtenBytes: 100 });
  const bytes = content(1000);
  await driver.write(OTHER, bytes);
  t.is(clock.nowMs, 0);
  await using writer = await driver.openWriter(FILE, { append: false });
  await writer.append(bodyOf(bytes.subarray(0, 500), bytes.subarray(500)));
  t.is(clock.nowMs, 15_000);
  await writer.commit();
  assertBytes(await drain(await driver.read(FILE)), bytes);
});

test('a body is asked for more only when its last chunk has had its turn', async (t) => {
  const clock = new FakeClock();
  const driver = throttled(new MemoryDriver(), clock, { writtenBytes: 100 });
  await using writer = await driver.openWriter(FILE, { append: false });
  let asked = 0;
  const body = (async function* () {
    for (; asked < 3; ) {
      asked += 1;
      yield content(100);
    }
  })();
  const append = writer.append(body);
  for (let pass = 1; pass <= 2; pass += 1) {
    const wait = await clock.next();
    t.is(asked, pass + 1);
    t.is(writer.size, pass * 100);
    wait.pass();
  }
  await append;
  t.is(writer.size, 300);
});

test('two streams take turns: neither waits for the end of the other', async (t) => {
  const inner = stubDriver({ read: async () => Readable.from([1, 2, 3].map(() => content(1000))) });
  const clock = instantClock();
  const driver = throttled(inner, clock, { readBytes: 1000 });
  const begun: string[] = [];
  const reading = async (name: string): Promise<void> => {
    for await (const _ of await driver.read(FILE)) begun.push(name);
  };
  await Promise.all([reading('a'), reading('b')]);
  t.deepEqual(begun, ['a', 'b', 'a', 'b', 'a', 'b']);
});

test('a call that waits ends with its signal', async (t) => {
  const { driver } = await busy(t);
  const leaving = new AbortController();
  const waiting = driver.read(FILE, { signal: leaving.signal });
  leaving.abort();
  await assertFails(waiting, 'aborted', { driver, path: FILE });
  t.is(getEventListeners(leaving.signal, 'abort').length, 0);
});

test('a stream that waits ends with its signal', async (t) => {
  const { driver, clock } = await busy(t);
  const leaving = new AbortController();
  const opening = driver.read(FILE, { signal: leaving.signal });
  (await clock.next()).pass();
  const first = await opening;
  const other = driver.read(FILE);
  (await clock.next()).pass();
  // Its thousand bytes take ten seconds, for which the first one waits.
  await drain(await other);
  const draining = drain(first);
  await clock.next();
  leaving.abort();
  await assertFails(draining, 'aborted', { driver, path: FILE });
});

test('an append that waits ends with its signal, and keeps what had its turn', async (t) => {
  const { driver, clock } = await busy(t);
  await using writer = await driver.openWriter(OTHER, { append: false });
  const leaving = new AbortController();
  const append = writer.append(bodyOf(content(1000), content(1000, 2)), { signal: leaving.signal });
  await clock.next();
  leaving.abort();
  await assertFails(append, 'aborted', { driver, path: OTHER });
  t.is(writer.size, 1000);
});

for (const when of ['before it is read', 'while the storage is silent', 'while it waits for its turn'] as const) {
  test(`a stream that is destroyed ${when} closes the stream of the storage`, async (t) => {
    const source = new Readable({ read: () => undefined });
    const clock = new FakeClock();
    const driver = throttled(stubDriver({ read: async () => source }), clock, { readBytes: 1 });
    const stream = await driver.read(FILE);
    const asked = new Promise((resolve) => {
      source._read = resolve;
    });
    if (when !== 'before it is read') {
      stream.resume();
      await asked;
    }
    if (when === 'while it waits for its turn') {
      source.push(content(1000));
      await new Promise((resolve) => stream.once('data', resolve));
      source.push(content(1000));
      await clock.next();
    }
    stream.destroy();
    await new Promise((resolve) => stream.once('close', resolve));
    t.true(source.destroyed);
  });
}

test('what is in memory already takes no turn, and a whole file waits for its bytes', async (t) => {
  const whole = Object.assign(Readable.from([]), { whole: content(1000) });
  const inner = stubDriver({ peek: () => content(10), read: async () => whole });
  const clock = instantClock();
  const driver = throttled(inner, clock, { reads: 1, readBytes: 100 });
  for (let count = 0; count < 5; count += 1) t.is(driver.peek?.(FILE)?.byteLength, 10);
  t.is(clock.nowMs, 0);
  await driver.read(FILE);
  t.is((await driver.read(FILE)).whole?.byteLength, 1000);
  t.is(clock.nowMs, 10_000);
});
