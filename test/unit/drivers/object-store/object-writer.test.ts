import test from 'ava';
import { DriverError, guardDriver, type StorageDriver } from '../../../../core/driver/index.ts';
import { KeyMapper, ObjectStoreDriver } from '../../../../drivers/object-store/index.ts';
import { assertBytes, at, bodyOf, chunked, content, drain, readAll } from '../../../../testing/driver-case.ts';
import {
  KINDS,
  MemoryObjectStore,
  type MemoryStoreOptions,
  memoryBucket,
} from '../../../helpers/drivers/memory-object-store.ts';

const PATH = at('/uploads/data');
const BLOB = at('/blob/data');
const MIB = 1024 * 1024;

/** A driver on a service, as S3 is unless said otherwise; its store counts calls. */
function open(options: Partial<MemoryStoreOptions> = {}) {
  const bucket = options.bucket ?? memoryBucket();
  const store = new MemoryObjectStore({ bucket, capabilities: KINDS['as S3'], ...options });
  return {
    bucket,
    store,
    driver: guardDriver(new ObjectStoreDriver({ name: 'objects', store, keys: new KeyMapper('') })),
  };
}

test('an upload of more bytes than equal parts could hold is stored, since parts grow', async (t) => {
  const { driver, store, bucket } = open();
  const bytes = content(60 * MIB);
  await using writer = await driver.openWriter(PATH, { append: false });
  await writer.append(chunked(bytes, MIB));
  await writer.commit(BLOB);
  assertBytes(await readAll(driver, BLOB), bytes);
  t.true((store.calls['part'] ?? 0) < KINDS['as S3'].parts.maxParts, `${store.calls['part']} parts`);
  t.is(bucket.uploads.size, 0);
  t.deepEqual([...bucket.objects.keys()], ['blob/data']);
});

test('parts of an upload are dropped when its folder is deleted, or its path', async (t) => {
  const inPlace = { capabilities: { ...KINDS['as Cloud Storage'], dropsUploads: false } };
  for (const [deleted, options] of [
    ['/uploads', {}],
    ['/uploads/data', {}],
    ['/uploads', inPlace],
    ['/uploads/data', inPlace],
  ] as const) {
    const { driver, bucket } = open(options);
    const writer = await driver.openWriter(PATH, { append: false });
    await writer.append(bodyOf(content(MIB)));
    await writer[Symbol.asyncDispose]();
    t.is(bucket.uploads.size, 1);
    await driver.delete(at(deleted));
    t.is(bucket.uploads.size, 0);
    t.is(bucket.objects.size, 0);
  }
});

test('a stopped instance that wakes up late adds nothing to an upload that was taken over', async (t) => {
  for (const begunBytes of [0, 100, MIB + 77]) {
    const { driver: old, bucket } = open();
    const { driver: young } = open({ bucket });
    const begun = await old.openWriter(PATH, { append: false });
    await begun.append(bodyOf(content(begunBytes, 1)));
    await begun[Symbol.asyncDispose]();
    const stopped = await old.openWriter(PATH, { append: true });
    await stopped.append(bodyOf(content(MIB, 2)));
    await using winner = await young.openWriter(PATH, { append: true, upTo: begunBytes });
    t.true(winner.tookOver);
    t.is(winner.size, begunBytes);
    await stopped.append(bodyOf(content(MIB, 9))).catch(() => undefined);
    await winner.append(bodyOf(content(MIB, 3)));
    t.true(DriverError.is(await t.throwsAsync(stopped.commit(BLOB)), 'conflict'));
    await winner.commit(BLOB);
    assertBytes(await readAll(old, BLOB), Buffer.concat([content(begunBytes, 1), content(MIB, 3)]));
    t.deepEqual([...bucket.objects.keys()], ['blob/data']);
  }
});

test('two states of an upload with equal content are told apart, though their versions depend on the content', async (t) => {
  const { driver: old, bucket } = open();
  const { driver: young } = open({ bucket });
  await (await old.openWriter(PATH, { append: false }))[Symbol.asyncDispose]();
  const one = await old.openWriter(PATH, { append: true });
  const other = await young.openWriter(PATH, { append: true });
  await one.append(bodyOf(content(10, 1)));
  t.true(DriverError.is(await t.throwsAsync(other.append(bodyOf(content(10, 2)))), 'conflict'));
  await one.commit(BLOB);
  assertBytes(await readAll(young, BLOB), content(10, 1));
});

test('an upload over committed content is kept beside it, and never applied to other content', async (t) => {
  const { driver } = open();
  await driver.write(PATH, content(9));
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(1000, 2)));
  await writer[Symbol.asyncDispose]();
  assertBytes(await readAll(driver, PATH), content(9));
  t.is((await driver.openWriter(PATH, { append: true })).size, 1000);
  await driver.write(PATH, Buffer.alloc(0));
  t.is((await driver.openWriter(PATH, { append: true })).size, 0);
});

test('a download that breaks off resumes where it broke, and fails when the content was replaced', async (t) => {
  const { driver, store } = open({ breakAfter: 300_000 });
  await driver.write(PATH, content(MIB));
  assertBytes(await readAll(driver, PATH), content(MIB));
  t.is(store.calls['get'], 4);
  assertBytes(await readAll(driver, PATH, 100_000, 900_000), content(MIB).subarray(100_000, 900_000));
  const stream = await driver.read(PATH);
  await driver.write(PATH, content(MIB, 2));
  t.true(DriverError.is(await t.throwsAsync(drain(stream)), 'conflict'));
});

test('what an upload costs where its state has a hidden key: one look for content more than in Cloud Storage', async (t) => {
  const { driver, store } = open();
  const costs = async (action: () => Promise<unknown>): Promise<string> => {
    for (const call of Object.keys(store.calls)) delete store.calls[call];
    await action();
    return Object.entries(store.calls)
      .map(([call, count]) => `${call} ${count}`)
      .sort()
      .join(', ');
  };
  const begin = async (): Promise<void> => (await driver.openWriter(PATH, { append: false }))[Symbol.asyncDispose]();
  t.is(await costs(begin), 'head 1, put 1');
  const resume = async (): Promise<void> => {
    await using writer = await driver.openWriter(PATH, { append: true });
    await writer.append(bodyOf(content(MIB)));
  };
  t.is(await costs(resume), 'beginUpload 1, head 2, part 2, put 2');
  const finish = async (): Promise<void> => (await driver.openWriter(PATH, { append: true })).commit(BLOB);
  t.is(await costs(finish), 'complete 1, copy 1, delete 2, head 2, put 1');
  const whole = await driver.openWriter(PATH, { append: false });
  await whole.append(bodyOf(content(100)));
  t.is(await costs(() => whole.commit(BLOB)), 'put 1');
});

/** An upload with a part and a tail, released by its writer. */
async function begun(driver: StorageDriver, bytes: Buffer): Promise<void> {
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(bytes));
  await writer[Symbol.asyncDispose]();
}

test('an upload whose parts were joined, but not copied, is finished by the next request', async (t) => {
  const { driver, store, bucket } = open();
  const { minBytes } = KINDS['as S3'].parts;
  for (const tailBytes of [10, minBytes + 10]) {
    const bytes = content(MIB, tailBytes);
    const tail = content(tailBytes, 2);
    await begun(driver, bytes);
    const writer = await driver.openWriter(PATH, { append: true });
    await writer.append(bodyOf(tail));
    store.copy = async () => Promise.reject(new Error('SlowDown'));
    await t.throwsAsync(writer.commit(BLOB));
    store.copy = (...copied) => MemoryObjectStore.prototype.copy.apply(store, copied);
    await writer[Symbol.asyncDispose]();
    await (await driver.openWriter(PATH, { append: true })).commit(BLOB);
    assertBytes(await readAll(driver, BLOB), Buffer.concat([bytes, tail]));
    t.deepEqual([...bucket.objects.keys()], ['blob/data']);
    await driver.delete(BLOB);
  }
});

test('an upload whose parts the service has removed is gone, and nothing of it stays', async (t) => {
  for (const use of ['append', 'commit'] as const) {
    const { driver, bucket } = open();
    await begun(driver, content(MIB));
    bucket.uploads.clear();
    const writer = await driver.openWriter(PATH, { append: true });
    const error = await t.throwsAsync(
      use === 'commit' ? writer.commit(BLOB) : writer.append(chunked(content(4 * MIB), MIB)),
    );
    t.true(DriverError.is(error, 'not-found'), String(error));
    await writer[Symbol.asyncDispose]();
    t.is(bucket.objects.size, 0);
  }
});

test('an open upload whose parts the service has removed is gone for the writer that would take it over', async (t) => {
  const { driver: old, bucket } = open();
  const { driver: young } = open({ bucket });
  await begun(old, content(MIB));
  const stopped = await old.openWriter(PATH, { append: true });
  await stopped.append(bodyOf(content(100, 2)));
  bucket.uploads.clear();
  const error = await t.throwsAsync(young.openWriter(PATH, { append: true }));
  t.true(DriverError.is(error, 'not-found'), String(error));
  t.is(await young.stat(PATH, { uncommitted: true }), undefined);
  t.is(bucket.objects.size, 0);
});

test('parts are dropped with the marker of a process that died while it ended their upload', async (t) => {
  const { driver, store, bucket } = open();
  await begun(driver, content(MIB));
  store.resumeUpload = (upload) => ({
    ...MemoryObjectStore.prototype.resumeUpload.call(store, upload),
    complete: async () => Promise.reject(new Error('killed')),
  });
  await t.throwsAsync((await driver.openWriter(PATH, { append: true })).commit(BLOB));
  t.is(bucket.uploads.size, 1);
  await driver.delete(at('/uploads'));
  t.is(bucket.uploads.size, 0);
  t.is(bucket.objects.size, 0);
});
