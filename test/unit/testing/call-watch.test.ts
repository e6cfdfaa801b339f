import { Readable } from 'node:stream';
import test from 'ava';
import type { DriverWriter, StorageDriver } from '../../../core/driver/index.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { at, bodyOf, content, type DriverCase, names, readAll } from '../../../testing/driver-case.ts';
import { proveCase } from '../../../testing/prove-case.ts';

const never = (): Promise<never> => new Promise(() => undefined);

/** How a case fails on a driver that gives no answer, or no end. */
async function failureOf(driver: StorageDriver, run: DriverCase['run'], callLimitMs = 50): Promise<string> {
  const driverCase: DriverCase = { title: 'a case', group: 'contract', proves: 'write', run };
  const create = async () => ({ driver, dispose: async () => undefined });
  return await proveCase(driverCase, { create, callLimitMs }).then(
    () => 'none',
    (error: unknown) => (error as Error).message.split('\n').slice(1).join('\n'),
  );
}

/** The memory driver with these members in place of its own. */
function withMembers(members: Partial<StorageDriver>): StorageDriver {
  return Object.assign(new MemoryDriver(), members);
}

/** The memory driver whose writers have these members in place of their own. */
function withWriters(members: () => Partial<DriverWriter>): StorageDriver {
  class Changed extends MemoryDriver {
    override async openWriter(...given: Parameters<StorageDriver['openWriter']>): Promise<DriverWriter> {
      const writer = await super.openWriter(...given);
      return Object.assign(writer, members());
    }
  }
  return new Changed();
}

const UNANSWERED: Readonly<Record<string, readonly [driver: StorageDriver, run: DriverCase['run'], message: RegExp]>> =
  {
    stat: [
      withMembers({ stat: never }),
      async ({ driver }) => void (await driver.stat(at('/a'), { uncommitted: true })),
      /^stat\("\/a", \{ uncommitted: true \}\) has given no answer within 0\.05 s$/,
    ],
    read: [
      withMembers({ read: never }),
      async ({ driver }) => void (await driver.read(at('/a'), { start: 5, signal: new AbortController().signal })),
      /^read\("\/a", \{ start: 5, signal: <signal> \}\) has given no answer/,
    ],
    'a stream': [
      withMembers({ read: async () => new Readable({ read: () => undefined }) }),
      async ({ driver }) => void (await readAll(driver, '/a', 5)),
      /^the stream of read\("\/a", \{ start: 5 \}\) has given no answer/,
    ],
    write: [
      withMembers({ write: never }),
      ({ driver }) => driver.write(at('/a'), content(1000), { durable: false }),
      /^write\("\/a", <1000 bytes>, \{ durable: false \}\) has given no answer/,
    ],
    openWriter: [
      withMembers({ openWriter: never }),
      async ({ driver }) => void (await driver.openWriter(at('/a'), { append: true })),
      /^openWriter\("\/a", \{ append: true \}\) has given no answer/,
    ],
    list: [
      withMembers({
        list: async function* () {
          yield await never();
        },
      }),
      async ({ driver }) => void (await names(driver, '/a', 'b')),
      /^list\("\/a", \{ after: "b" \}\) has given no answer/,
    ],
    move: [
      withMembers({ move: never }),
      ({ driver }) => driver.move(at('/a'), at('/b')),
      /^move\("\/a", "\/b"\) has given no answer/,
    ],
    delete: [withMembers({ delete: never }), ({ driver }) => driver.delete(at('/a')), /^delete\("\/a"\) has given no/],
    append: [
      withWriters(() => ({
        append: async (body) => {
          for await (const _ of body);
          await never();
        },
      })),
      async ({ driver }) => {
        const writer = await driver.openWriter(at('/a'), { append: false });
        await writer.append(bodyOf(content(700)));
      },
      /^append\(\) of the writer of "\/a" has given no answer within 0\.05 s after 700 bytes$/,
    ],
    commit: [
      withWriters(() => ({ commit: never })),
      async ({ driver }) => (await driver.openWriter(at('/a'), { append: false })).commit(at('/b')),
      /^commit\("\/b"\) of the writer of "\/a" has given no answer/,
    ],
    'the disposal of a writer': [
      withWriters(() => ({ [Symbol.asyncDispose]: never })),
      async ({ driver }) => (await driver.openWriter(at('/a'), { append: false }))[Symbol.asyncDispose](),
      /^the disposal of the writer of "\/a" has given no answer/,
    ],
  };

for (const [what, [driver, run, message]] of Object.entries(UNANSWERED)) {
  test.serial(`${what} without an answer fails the case and is named with its arguments`, async (t) => {
    t.regex(await failureOf(driver, run), message);
  });
}

test.serial('a late call fails the case even when the case does not mind', async (t) => {
  const run: DriverCase['run'] = async ({ driver }) => {
    await driver.stat(at('/a')).catch(() => undefined);
  };
  t.regex(await failureOf(withMembers({ stat: never }), run), /^stat\("\/a"\) has given no answer/);
});

test.serial('a slow body is not the fault of the driver', async (t) => {
  const run: DriverCase['run'] = async ({ driver }) => {
    await using writer = await driver.openWriter(at('/a'), { append: false });
    const slow = (async function* () {
      yield content(1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      yield content(1);
    })();
    await writer.append(slow);
    await writer.commit();
  };
  t.is(await failureOf(new MemoryDriver(), run), 'none');
});

test.serial('a list without an end, and a stream without one, fail the case', async (t) => {
  const endless = withMembers({
    list: async function* () {
      for (;;) yield { name: 'again', isFolder: false };
    },
    read: async () => Readable.from(forEver(Buffer.alloc(1024 * 1024)), { objectMode: false }),
  });
  const listing = await failureOf(endless, async ({ driver }) => void (await names(driver, '/')));
  t.is(listing, 'list("/") does not end: it has returned 100001 entries');
  const reading = await failureOf(endless, async ({ driver }) => void (await readAll(driver, '/a')), 30_000);
  t.regex(reading, /^a stream does not end: it has given \d+ bytes$/);
});

function* forEver<Item>(item: Item): Generator<Item> {
  for (;;) yield item;
}

test.serial(
  'a case that calls for ever a driver that answers at once ends with the time limit, and then makes no more calls',
  async (t) => {
    let calls = 0;
    const driver = withMembers({ stat: async () => void (calls += 1) });
    const run: DriverCase['run'] = async (context) => {
      for (;;) await context.driver.stat(at('/a'));
    };
    const driverCase: DriverCase = { title: 'a case', group: 'contract', proves: 'stat', run };
    const create = async () => ({ driver, dispose: async () => undefined });
    await t.throwsAsync(proveCase(driverCase, { create, caseLimitMs: 300 }), {
      message: /\nthe case has not ended within 0\.3 s$/,
    });
    const before = calls;
    await new Promise((resolve) => setImmediate(resolve));
    t.true(before > 0);
    t.is(calls, before);
  },
);

test.serial('a call has longer while many cases run at the same time, but not for ever', async (t) => {
  const run: DriverCase['run'] = async ({ driver }) => void (await driver.stat(at('/a')));
  const cases = Array.from({ length: 60 }, () => failureOf(withMembers({ stat: never }), run, 20));
  for (const failure of await Promise.all(cases)) {
    t.regex(failure, /^stat\("\/a"\) has given no answer within 0\.[01]\d* s$/);
  }
  t.true((await Promise.all(cases)).some((failure) => failure.includes('within 0.1 s')));
});
