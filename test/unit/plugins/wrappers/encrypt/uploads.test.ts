import test from 'ava';
import {
  type CallOptions,
  DriverError,
  type DriverWriter,
  ForwardingDriver,
  guardDriver,
  type StoragePath,
  type WriterOptions,
} from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import { EncryptingDriver } from '../../../../../plugins/wrappers/encrypt/encrypting-driver.ts';
import { FRAME_BYTES } from '../../../../../plugins/wrappers/encrypt/layout.ts';
import { KeyRing, StorageKey } from '../../../../../plugins/wrappers/encrypt/storage-key.ts';
import { assertBytes, assertFails, at, bodyOf, chunked, content, readAll } from '../../../../../testing/driver-case.ts';
import { encryptedStore, pathsIn } from './encrypted-store.ts';

const PATH = at('/upload/data');

/** A storage that accepts `left` more bytes of writers, and keeps the prefix of what exceeds them. */
class FullStorage extends ForwardingDriver {
  left = Infinity;

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await super.openWriter(path, options);
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, call) => writer.append(this.#fitting(body), call),
      commit: (to) => writer.commit(to),
      cancel: () => writer.cancel(),
      [Symbol.asyncDispose]: async () => writer[Symbol.asyncDispose](),
    };
  }

  async *#fitting(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of body) {
      const fits = chunk.subarray(0, Math.min(chunk.byteLength, this.left));
      this.left -= fits.byteLength;
      if (fits.byteLength > 0) yield fits;
      if (fits.byteLength < chunk.byteLength) throw new DriverError('no-space');
    }
  }
}

/** Numbers that are the same in every run. */
function* numbers(seed: number): Generator<number, never, undefined> {
  for (let state = seed; ; ) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

let anyFailures = false;
test.after('the storage has failed in some of the uploads', (t) => t.true(anyFailures));

for (let seed = 1; seed <= 25; seed += 1) {
  test(`an upload survives a storage that fails after any byte, and writers that are closed after any (${seed})`, async (t) => {
    const random = numbers(seed);
    const below = (limit: number): number => Math.floor(random.next().value * limit);
    const inner = new FullStorage(new MemoryDriver());
    const { driver } = await encryptedStore(inner);
    const bytes = content(FRAME_BYTES * 4 + below(FRAME_BYTES), seed);
    let writer = await driver.openWriter(PATH, { append: false });
    let failures = 0;
    for (let step = 0; writer.size < bytes.byteLength; step += 1) {
      inner.left = below(3) === 0 || step > 40 ? Infinity : below(FRAME_BYTES * 2);
      const before = writer.size;
      const end = Math.min(bytes.byteLength, before + 1 + below(FRAME_BYTES * 2));
      await writer.append(chunked(bytes.subarray(before, end), 1 + below(100_000))).then(
        () => t.is(writer.size, end),
        (error: unknown) => {
          failures += 1;
          t.true(DriverError.is(error, 'no-space'), String(error));
          t.true(writer.size <= end, `${writer.size} of ${end}`);
        },
      );
      if (below(2) === 0) continue;
      // The end of a frame that the storage does not take waits in the state.
      const kept = writer.size;
      await writer[Symbol.asyncDispose]();
      t.is((await driver.stat(PATH, { uncommitted: true }))?.size ?? 0, kept);
      writer = await driver.openWriter(PATH, { append: true });
      t.is(writer.size, kept);
    }
    inner.left = Infinity;
    await writer.commit();
    assertBytes(await readAll(driver, PATH), bytes);
    anyFailures ||= failures > 0;
  });
}

test('bytes of any number of requests arrive in order, and a state is left only between them', async (t) => {
  const { driver, inner } = await encryptedStore();
  const bytes = content(FRAME_BYTES * 3 + 77);
  const sizes = [1, 5, FRAME_BYTES - 6, FRAME_BYTES, 0, 3, FRAME_BYTES + 74];
  let append = false;
  for (const size of sizes) {
    await using writer = await driver.openWriter(PATH, { append });
    await writer.append(bodyOf(bytes.subarray(writer.size, writer.size + size)));
    append = true;
  }
  const last = await driver.openWriter(PATH, { append: true });
  t.is(last.size, bytes.byteLength);
  await last.commit(at('/blob/data'));
  assertBytes(await readAll(driver, '/blob/data'), bytes);
  t.deepEqual(
    (await pathsIn(inner)).filter((path) => path.includes('/paths/')),
    [],
  );
});

test('a commit that fails before anything was stored can be repeated', async (t) => {
  const inner = new FullStorage(new MemoryDriver());
  const { driver } = await encryptedStore(inner);
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(1000)));
  inner.left = 0;
  await assertFails(writer.commit(), 'no-space', { driver, path: PATH });
  inner.left = Infinity;
  await writer.commit();
  assertBytes(await readAll(driver, PATH), content(1000));
  t.pass();
});

test('an upload whose commit breaks off in the middle is gone, so that a client starts over', async (t) => {
  const inner = new FullStorage(new MemoryDriver());
  const { driver } = await encryptedStore(inner);
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(1000)));
  inner.left = 500;
  await assertFails(writer.commit(), 'no-space', { driver, path: PATH });
  await assertFails(writer.append(bodyOf(content(1))), 'closed', { driver, path: PATH });
  inner.left = Infinity;
  await writer[Symbol.asyncDispose]();
  t.is(await driver.stat(PATH), undefined);
  await assertFails(driver.openWriter(PATH, { append: true }), 'not-found', { driver, path: PATH });
});

test('bytes whose state is missing are not continued, and can be started over', async (t) => {
  const { driver, inner } = await encryptedStore();
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(1000)));
  await writer[Symbol.asyncDispose]();
  await inner.delete(at('/stowage-encryption/paths/upload/data/state'));
  const error = await assertFails(driver.openWriter(PATH, { append: true }), 'conflict', { driver, path: PATH });
  t.regex(error.message, /left no state/);
  await using again = await driver.openWriter(PATH, { append: false });
  await again.append(bodyOf(content(10)));
  await again.commit();
  assertBytes(await readAll(driver, PATH), content(10));
});

test('an upload that is removed with its folder leaves nothing', async (t) => {
  const { driver, inner } = await encryptedStore();
  await using writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(FRAME_BYTES)));
  await writer[Symbol.asyncDispose]();
  await driver.delete(at('/upload'));
  t.true((await pathsIn(inner)).every((path) => path.includes('/keys/')));
  await assertFails(driver.openWriter(PATH, { append: true }), 'not-found', { driver, path: PATH });
});

test('a body that goes on after its append was aborted changes nothing, even without a guard', async (t) => {
  const keys = new KeyRing([new StorageKey('only', Buffer.alloc(32))]);
  const driver = new EncryptingDriver(guardDriver(new MemoryDriver()), keys);
  const writer = await driver.openWriter(PATH, { append: false });
  const leaving = new AbortController();
  const gate = Promise.withResolvers<void>();
  const late = (async function* () {
    yield content(10);
    leaving.abort();
    await gate.promise;
    yield content(FRAME_BYTES);
  })();
  const options: CallOptions = { signal: leaving.signal };
  t.true(DriverError.is(await t.throwsAsync(writer.append(late, options)), 'aborted'));
  const kept = writer.size;
  gate.resolve();
  await new Promise(setImmediate);
  t.is(writer.size, kept);
  await writer.append(bodyOf(content(10).subarray(kept), content(5, 2)));
  await writer.commit();
  assertBytes(await readAll(driver, PATH), Buffer.concat([content(10), content(5, 2)]));
});
