import test, { type ExecutionContext } from 'ava';
import { atPace } from '../../../../core/async/call-pace.ts';
import { parseStoragePath, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../../core/driver/index.ts';
import { PacedDriver } from '../../../../core/storage/paced-driver.ts';
import { MemoryDriver } from '../../../../drivers/memory/memory-driver.ts';
import { driverSuite } from '../../../../testing/driver-suite.ts';
import { eachDriver } from '../../../helpers/drivers/each-driver.ts';
import { instantClock } from '../../../helpers/running/instant-clock.ts';

driverSuite({
  test: (title, run) => test(title, (t) => t.notThrowsAsync(run)),
  create: async () => ({ driver: new PacedDriver(new MemoryDriver()), dispose: async () => undefined }),
});

const { signal } = new AbortController();
const FILE = parseStoragePath('/folder/file');
const OTHER = parseStoragePath('/folder/other');
const FOLDER = parseStoragePath('/folder');

/** How many calls work makes, as its pace counts them. */
async function callsOf(work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  await atPace({ callsPerSecond: 1_000, signal, clock: instantClock(), onCall: () => (calls += 1) }, work);
  return calls;
}

async function assertCalls(t: ExecutionContext, expected: number, work: () => Promise<unknown>): Promise<void> {
  t.is(await callsOf(work), expected, work.toString());
}

eachDriver('each call takes one turn, and does what it did', async (t, inner) => {
  const driver = new PacedDriver(inner);
  await assertCalls(t, 1, () => driver.write(FILE, Buffer.from('bytes')));
  await assertCalls(t, 1, async () => t.like(await driver.stat(FILE), { size: 5 }));
  await assertCalls(t, 1, async () => t.is((await (await driver.read(FILE)).toArray()).join(''), 'bytes'));
  await assertCalls(t, 1, () => driver.move(FILE, OTHER));
  await assertCalls(t, 1, async () => t.deepEqual(await names(driver), ['other']));
  await assertCalls(t, 1, async () => {
    await using writer = await driver.openWriter(FILE, { append: false });
    await writer.append(chunks('new'));
    await writer.commit();
  });
  await assertCalls(t, 1, () => driver.delete(OTHER));
  await assertCalls(t, inner.prune === undefined ? 0 : 1, async () => driver.prune?.(FOLDER));
  await assertCalls(t, inner.check === undefined ? 0 : 1, async () => driver.check?.([ROOT_PATH]));
  t.deepEqual(await names(driver), ['file']);
});

test('a call of a job waits while a call of a request is under way, also for a list', async (t) => {
  const inner = new MemoryDriver();
  await inner.write(FILE, Buffer.from('bytes'));
  const begun = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const order: string[] = [];
  const driver = new PacedDriver(
    Object.assign(inner, {
      stat: async (path: StoragePath) => {
        begun.resolve();
        await held.promise;
        order.push(`request: ${path}`);
        return undefined;
      },
    }),
  );
  const request = driver.stat(OTHER);
  await begun.promise;
  const job = atPace({ signal }, async () => {
    const [found] = await Promise.all([names(driver), driver.read(FILE).then((stream) => stream.toArray())]);
    order.push(`job: ${found.join()}`);
  });
  held.resolve();
  await Promise.all([request, job]);
  t.deepEqual(order, [`request: ${OTHER}`, 'job: file']);
});

test('a long list takes a turn for each thousand entries', async (t) => {
  const inner = new MemoryDriver();
  const driver = new PacedDriver(inner);
  for (let count = 0; count < 2_500; count += 1)
    await inner.write(parseStoragePath(`/folder/${String(count).padStart(4, '0')}`), Buffer.alloc(0));
  let listed: readonly string[] = [];
  const calls = await callsOf(async () => {
    listed = await names(driver);
  });
  t.is(listed.length, 2_500);
  t.is(calls, 3);
});

test('what a driver has in memory is read from there, without a turn', async (t) => {
  const bytes = Buffer.from('bytes');
  const inner = Object.assign(new MemoryDriver(), { peek: () => bytes });
  const driver = new PacedDriver(inner);
  await assertCalls(t, 0, async () => t.is(driver.peek?.(FILE), bytes));
  t.is(new PacedDriver(new MemoryDriver()).peek, undefined);
});

async function names(driver: StorageDriver): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { name } of driver.list(FOLDER)) found.push(name);
  return found;
}

async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
