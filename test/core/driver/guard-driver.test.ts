import { Readable } from 'node:stream';
import test from 'ava';
import {
  type DriverCall,
  DriverError,
  type DriverErrorCode,
  type DriverObserver,
  type DriverWriter,
  guardDriver,
  parseStoragePath,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';

const PATH = parseStoragePath('/a/b');
const OUTSIDE = '/../etc/passwd' as StoragePath;

/** A driver that counts its calls and does what the test says. */
function stubDriver(methods: Partial<StorageDriver> = {}): StorageDriver & { readonly calls: string[] } {
  const calls: string[] = [];
  const stub: StorageDriver = {
    name: 'stub',
    capabilities: {
      locality: 'local',
      persistent: false,
      shared: false,
      atomicMove: true,
      strongListing: true,
      hidesUncommitted: true,
      redirect: false,
      minAppendBytes: 0,
    },
    stat: async () => undefined,
    read: async () => Readable.from([Buffer.from('x')]),
    write: async () => undefined,
    openWriter: async () => stubWriter(),
    async *list() {
      yield { name: 'b', isFolder: false };
      yield { name: 'not a path', isFolder: false };
      yield { name: 'c', isFolder: false };
    },
    move: async () => undefined,
    delete: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...methods,
  };
  const counted = new Proxy(stub, {
    get: (target, key) => {
      if (typeof key === 'string' && typeof Reflect.get(target, key) === 'function') calls.push(key);
      return Reflect.get(target, key) as unknown;
    },
  });
  return Object.assign(counted, { calls });
}

function stubWriter(methods: Partial<DriverWriter> = {}): DriverWriter {
  return {
    size: 0,
    append: async (body) => {
      for await (const _ of body) void _;
    },
    commit: async () => undefined,
    cancel: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
    ...methods,
  };
}

async function drainList(list: AsyncIterable<{ readonly name: string }>): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of list) names.push(name);
  return names;
}

function codeOf(error: unknown): DriverErrorCode | undefined {
  return DriverError.is(error) ? error.code : undefined;
}

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

test('a stream that fails with nobody listening does not end the process', async (t) => {
  const stream = await guardDriver(stubDriver()).read(PATH);
  const closed = new Promise((resolve) => stream.once('close', resolve));
  stream.destroy(new Error('disk'));
  await closed;
  t.is(stream.errored?.message, 'disk');
});

test('the error of a body passes unchanged, also a DriverError of another driver, and is none of this driver', async (t) => {
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

test('the failure of a body is told even when the driver makes nothing of it', async (t) => {
  const append = async (body: AsyncIterable<Uint8Array>) => {
    try {
      for await (const _ of body) void _;
    } catch {
      // A driver that swallows what went wrong.
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

test('a driver that stops early closes the body, and its own error comes out', async (t) => {
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

test('a commit that failed leaves the writer to be cancelled', async (t) => {
  const commit = () => Promise.reject(new Error('EIO'));
  const writer = await guardDriver(stubDriver({ openWriter: async () => stubWriter({ commit }) })).openWriter(PATH, {
    append: false,
  });
  t.is(codeOf(await t.throwsAsync(writer.commit())), 'unavailable');
  await t.notThrowsAsync(writer.cancel());
});

test('the observer is told once for each call, also for a list and for a failure', async (t) => {
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

test('guarding twice changes nothing, unless somebody wants to observe', async (t) => {
  const once = guardDriver(stubDriver());
  t.is(guardDriver(once), once);
  const seen: DriverCall[] = [];
  await guardDriver(once, (call) => seen.push(call)).stat(PATH);
  t.deepEqual(seen, ['stat']);
});

test('redirectUrl is there only when the driver has it', async (t) => {
  t.like(guardDriver(stubDriver()), { redirectUrl: undefined });
  const url = new URL('https://storage.example/a');
  const driver = guardDriver(stubDriver({ redirectUrl: async () => url }));
  t.is(await driver.redirectUrl?.(PATH, { method: 'GET', expiresInMs: 1 }), url);
  const refused = driver.redirectUrl?.(OUTSIDE, { method: 'GET', expiresInMs: 1 });
  t.is(codeOf(await t.throwsAsync(refused ?? Promise.resolve())), 'invalid-path');
});
