import { Readable } from 'node:stream';
import test from 'ava';
import { type DriverCall, DriverError, guardDriver } from '../../../../core/driver/index.ts';
import { codeOf, PATH, stubDriver, stubWriter } from '../../../helpers/drivers/stub-driver.ts';

test('the error of a body passes unchanged, even a DriverError of another driver, and does not become one of this driver', async (t) => {
  for (const failure of [new Error('gone'), new DriverError('not-found', { path: '/other', driver: 'other' })]) {
    const seen: [DriverCall, string | undefined][] = [];
    const driver = guardDriver(stubDriver(), (call, _, error) => seen.push([call, error?.code]));
    const writer = await driver.openWriter(PATH, { append: false });
    const body = Readable.from(
      (async function* () {
        yield Buffer.from('x');
        throw failure;
      })(),
    );
    t.is(await t.throwsAsync(writer.append(body)), failure);
    t.deepEqual(seen, [
      ['openWriter', undefined],
      ['append', undefined],
    ]);
  }
});

test('the failure of a body is reported even if the driver ignores it', async (t) => {
  const append = async (body: AsyncIterable<Uint8Array>) => {
    try {
      for await (const _ of body) void _;
    } catch {
      // A driver that swallows errors.
    }
  };
  const writer = await guardDriver(stubDriver({ openWriter: async () => stubWriter({ append }) })).openWriter(PATH, {
    append: false,
  });
  const body = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('x');
    throw new Error('gone');
  })();
  await t.throwsAsync(writer.append(body), { message: 'gone' });
});

test('a driver that stops early closes the body, and its own error is reported', async (t) => {
  let isClosed = false;
  const body = (async function* () {
    try {
      for (;;) yield Buffer.from('x');
    } finally {
      isClosed = true;
    }
  })();
  const append = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const _ of chunks) throw new DriverError('no-space');
  };
  const writer = await guardDriver(stubDriver({ openWriter: async () => stubWriter({ append }) })).openWriter(PATH, {
    append: false,
  });
  t.is(codeOf(await t.throwsAsync(writer.append(body))), 'no-space');
  t.true(isClosed);
});

test('the signal ends an append whose body is silent, and closes the body', async (t) => {
  const controller = new AbortController();
  let isClosed = false;
  const silent: AsyncIterator<Uint8Array> = {
    next: () => new Promise(() => undefined),
    return: async () => {
      isClosed = true;
      return { done: true, value: undefined };
    },
  };
  const writer = await guardDriver(stubDriver()).openWriter(PATH, { append: false });
  const append = writer.append({ [Symbol.asyncIterator]: () => silent }, { signal: controller.signal });
  controller.abort();
  t.is(codeOf(await t.throwsAsync(append)), 'aborted');
  t.true(isClosed);
});

test('an ended writer answers closed, and the driver disposes once', async (t) => {
  let disposals = 0;
  const openWriter = async () => stubWriter({ [Symbol.asyncDispose]: async () => void (disposals += 1) });
  const driver = guardDriver(stubDriver({ openWriter }));
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.commit();
  for (const call of [writer.commit(), writer.cancel(), writer.append(Readable.from([]))]) {
    t.is(codeOf(await t.throwsAsync(call)), 'closed');
  }
  await writer[Symbol.asyncDispose]();
  await writer[Symbol.asyncDispose]();
  t.is(disposals, 1);
});

test('after a failed commit the writer can still be cancelled', async (t) => {
  const commit = () => Promise.reject(new Error('EIO'));
  const writer = await guardDriver(stubDriver({ openWriter: async () => stubWriter({ commit }) })).openWriter(PATH, {
    append: false,
  });
  t.is(codeOf(await t.throwsAsync(writer.commit())), 'unavailable');
  await t.notThrowsAsync(writer.cancel());
});
