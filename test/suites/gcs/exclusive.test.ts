import { digestOf } from '../../../core/digest/digest.ts';
import { DriverError, type DriverWriter, type StorageDriver } from '../../../core/driver/index.ts';
import type { UploadId } from '../../../core/model/reference.ts';
import { UploadRangeError } from '../../../core/model/upload-state.ts';
import { NO_BYTES, UploadMarkers } from '../../../drivers/object-store/upload-markers.ts';
import { assertBytes, at, bodyOf, content, drain, readAll } from '../../../testing/driver-case.ts';
import { name } from '../../helpers/content/registry-content.ts';
import { type CoreParts, composeCore } from '../../helpers/core/core-parts.ts';
import type { Fault, FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { keysOf, openBucket, openGcs, UNIT_BYTES } from './gcs-driver.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('exclusive writers');
const PATH = at('/up/data');
const BLOB = at('/blob/data');
const REPOSITORY = name('foo/bar');
const MARKER = 'application/x-docker-upload-session';

const isMarkerWrite = ({ url, body }: SeenRequest): boolean =>
  url.includes('uploadType=multipart') && body.includes(MARKER);

/** Two drivers as in two instances. The proxy tracks offsets as Cloud Storage does. */
async function twoInstances(proxy: FaultyProxy) {
  const bucket = await newBucket();
  const options = { chunksize: UNIT_BYTES };
  const [old, young] = [await openGcs(bucket, proxy.url, options), await openGcs(bucket, proxy.url, options)];
  return { old, young, bucket: openBucket(bucket, proxy.url) };
}

async function begin(driver: StorageDriver, bytes: Buffer): Promise<void> {
  await using writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(bytes));
}

/** A writer that has resumed the upload and is still open. */
async function goOn(driver: StorageDriver, bytes: Buffer): Promise<DriverWriter> {
  const writer = await driver.openWriter(PATH, { append: true });
  await writer.append(bodyOf(bytes));
  return writer;
}

for (const begunBytes of [0, 100, UNIT_BYTES, 2 * UNIT_BYTES + 77]) {
  test(`a stopped instance that wakes up late adds nothing to an upload that was taken over after ${begunBytes} bytes`, async (t) => {
    const { old, young, bucket } = await twoInstances(await startProxy(t));
    const begun = content(begunBytes, 1);
    await begin(old, begun);
    const stopped = await goOn(old, content(3 * UNIT_BYTES + 5, 2));
    const winner = await young.openWriter(PATH, { append: true, upTo: begunBytes });
    t.true(winner.tookOver);
    t.is(winner.size, begunBytes);
    await stopped.append(bodyOf(content(2 * UNIT_BYTES, 9))).catch(() => undefined);
    await winner.append(bodyOf(content(UNIT_BYTES + 9, 3)));
    await stopped.append(bodyOf(content(2 * UNIT_BYTES, 9))).catch(() => undefined);
    const error = await t.throwsAsync(stopped.commit(BLOB));
    t.true(DriverError.is(error, 'conflict'), String(error));
    t.true(DriverError.is(await t.throwsAsync(async () => stopped[Symbol.asyncDispose]()), 'conflict'));
    await winner[Symbol.asyncDispose]();

    await using next = await old.openWriter(PATH, { append: true });
    t.false(next.tookOver);
    await next.append(bodyOf(content(2 * UNIT_BYTES + 1, 4)));
    await next.commit(BLOB);
    assertBytes(
      await readAll(young, BLOB),
      Buffer.concat([begun, content(UNIT_BYTES + 9, 3), content(2 * UNIT_BYTES + 1, 4)]),
    );
    t.deepEqual(await keysOf(bucket), ['blob/data']);
  });
}

test('an upload whose process died while it ended it begins anew, by one of several writers', async (t) => {
  const { old, young, bucket } = await twoInstances(await startProxy(t));
  await new UploadMarkers(bucket).save('up/data', NO_BYTES, { writer: 'dead', phase: 'ended' });
  t.is(await old.stat(PATH), undefined);
  const first = { append: false, ifAbsent: true };
  const [one, other] = [await old.openWriter(PATH, first), await young.openWriter(PATH, first)];
  for (const writer of [one, other]) await writer.append(bodyOf(content(100, 1)));
  await one[Symbol.asyncDispose]();
  t.true(DriverError.is(await t.throwsAsync(async () => other[Symbol.asyncDispose]()), 'conflict'));
  const third = await young.openWriter(PATH, first);
  await third.append(bodyOf(content(100, 2)));
  t.true(DriverError.is(await t.throwsAsync(async () => third[Symbol.asyncDispose]()), 'conflict'));

  await using next = await young.openWriter(PATH, { append: true });
  await next.append(bodyOf(content(7, 3)));
  await next.commit(BLOB);
  assertBytes(await readAll(old, BLOB), Buffer.concat([content(100, 1), content(7, 3)]));
  t.deepEqual(await keysOf(bucket), ['blob/data']);
});

test('a stopped instance that wakes up after the end removes nothing', async (t) => {
  const { old, young, bucket } = await twoInstances(await startProxy(t));
  await begin(old, content(UNIT_BYTES + 5, 1));
  const [stopped, other] = [await goOn(old, content(UNIT_BYTES, 2)), await old.openWriter(PATH, { append: true })];
  const winner = await goOn(young, content(10, 3));
  await winner.commit(BLOB);
  for (const call of [() => stopped.cancel(), () => stopped.commit(BLOB), () => other.cancel()]) {
    const error = await t.throwsAsync(call);
    t.true(DriverError.is(error, 'conflict'), String(error));
  }
  assertBytes(await readAll(young, BLOB), Buffer.concat([content(UNIT_BYTES + 5, 1), content(10, 3)]));
  t.deepEqual(await keysOf(bucket), ['blob/data']);
});

test('an instance that takes over and dies leaves everything that was acknowledged to the next one', async (t) => {
  const { old, young } = await twoInstances(await startProxy(t));
  const begun = content(2 * UNIT_BYTES + 5, 1);
  await begin(old, begun);
  for (const driver of [old, young, old]) await goOn(driver, content(2 * UNIT_BYTES, 9));
  await using last = await goOn(young, content(100, 2));
  t.is(last.size, begun.byteLength + 100);
  await last.commit(BLOB);
  assertBytes(await readAll(young, BLOB), Buffer.concat([begun, content(100, 2)]));
});

test('of many instances that resume one upload at once, exactly one may close it', async (t) => {
  const bucket = await newBucket();
  const drivers = await Promise.all([1, 2, 3, 4].map(async () => openGcs(bucket, await emulatorUrl())));
  for (let round = 0; round < 10; round++) {
    const path = at(`/up/${round}`);
    await using begun = await (drivers[0] as StorageDriver).openWriter(path, { append: false });
    await begun.append(bodyOf(content(UNIT_BYTES + 50)));
    await begun[Symbol.asyncDispose]();
    const results = await Promise.allSettled(
      drivers.map(async (driver, seed) => {
        const writer = await driver.openWriter(path, { append: true, upTo: UNIT_BYTES + 50 });
        await writer.append(bodyOf(content(1000 + seed, seed)));
        await writer[Symbol.asyncDispose]();
        return seed;
      }),
    );
    const won = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    for (const result of results) t.true(result.status === 'fulfilled' || DriverError.is(result.reason, 'conflict'));
    t.is(won.length, 1);
    const [seed = 0] = won;
    await (await (drivers[3] as StorageDriver).openWriter(path, { append: true })).commit();
    const stored = await readAll(drivers[0] as StorageDriver, path);
    assertBytes(stored, Buffer.concat([content(UNIT_BYTES + 50), content(1000 + seed, seed)]));
  }
});

test('of two registries without common locks that write one upload, one continues, and the other gets the true offset', async (t) => {
  const bucket = await newBucket();
  const open = async (): Promise<CoreParts> => composeCore(await openGcs(bucket, await emulatorUrl()));
  const [old, young] = [await open(), await open()];
  const begun = content(UNIT_BYTES + 500, 1);
  const uuid = await (async (): Promise<UploadId> => {
    await using upload = await old.layers.upload(REPOSITORY);
    await upload.append({ body: bodyOf(begun) });
    return (await upload.close()).uuid;
  })();
  const excluded = await old.layers.resume(REPOSITORY, { uuid, offset: begun.byteLength });
  await excluded.append({ body: bodyOf(content(3000, 2)) });
  await t.throwsAsync(young.layers.resume(REPOSITORY, { uuid, offset: 7 }), { instanceOf: UploadRangeError });
  t.is((await young.layers.status(REPOSITORY, { uuid })).offset, begun.byteLength);
  await using winner = await young.layers.resume(REPOSITORY, { uuid, offset: begun.byteLength });
  await winner.append({ body: bodyOf(content(900, 3)) });
  const wanted = Buffer.concat([begun, content(900, 3)]);
  await t.throwsAsync(excluded.finish(digestOf(Buffer.concat([begun, content(3000, 2)]))), {
    instanceOf: UploadRangeError,
  });
  await excluded[Symbol.asyncDispose]();
  await winner.finish(digestOf(wanted));
  assertBytes(await drain(await old.blobs.open(digestOf(wanted))), wanted);
  t.is(await young.blobs.size(digestOf(Buffer.concat([begun, content(3000, 2)]))), undefined);
});

test('a client can send an upload again whose process died while it ended it', async (t) => {
  const [bucketName, endpoint] = [await newBucket(), await emulatorUrl()];
  const bucket = openBucket(bucketName, endpoint);
  const open = async (): Promise<CoreParts> => composeCore(await openGcs(bucketName, endpoint));
  const [old, young] = [await open(), await open()];
  const bytes = content(2000, 1);
  const begun = await old.layers.upload(REPOSITORY);
  await begun.append({ body: bodyOf(bytes) });
  const { uuid } = await begun.close();
  const key = (await keysOf(bucket)).find((each) => each.endsWith('/data')) ?? t.fail();
  await new UploadMarkers(bucket).save(key, NO_BYTES, { writer: 'dead', phase: 'ended' });
  t.is((await young.layers.status(REPOSITORY, { uuid })).offset, 0);
  const again = await young.layers.resume(REPOSITORY, { uuid, offset: 0 });
  await again.append({ body: bodyOf(bytes) });
  t.is((await again.close()).offset, bytes.byteLength);
  await using last = await old.layers.resume(REPOSITORY, { uuid, offset: bytes.byteLength });
  await last.finish(digestOf(bytes));
  assertBytes(await drain(await old.blobs.open(digestOf(bytes))), bytes);
});

const LOSSES: Readonly<Record<string, Fault>> = {
  answer: 'lost-answer',
  request: 'lost-request',
  service: { answer: 503 },
};

for (const [what, fault] of Object.entries(LOSSES)) {
  test(`each write of a marker may lose its ${what} once: claim, give-back, take-over, end`, async (t) => {
    const proxy = await startProxy(t);
    const { old, young, bucket } = await twoInstances(proxy);
    let writes = 0;
    proxy.faults = (request) => (isMarkerWrite(request) && (writes += 1) % 2 === 1 ? fault : undefined);
    await begin(old, content(UNIT_BYTES + 5, 1));
    await (await goOn(old, content(10, 2)))[Symbol.asyncDispose]();
    await goOn(old, content(20, 9));
    await (await goOn(young, content(30, 3)))[Symbol.asyncDispose]();
    await (await old.openWriter(PATH, { append: true })).commit(BLOB);
    t.true(proxy.faultCount >= 6, `only ${proxy.faultCount} faults`);
    const wanted = Buffer.concat([content(UNIT_BYTES + 5, 1), content(10, 2), content(30, 3)]);
    assertBytes(await readAll(young, BLOB), wanted);
    t.deepEqual(await keysOf(bucket), ['blob/data']);
  });
}

test('a claim whose answer was lost is recognised by its writer, and taken over by others', async (t) => {
  const proxy = await startProxy(t);
  const { old, young } = await twoInstances(proxy);
  await begin(old, content(UNIT_BYTES + 5, 1));
  const writer = await old.openWriter(PATH, { append: true });
  let isDone = false;
  proxy.faults = (request) => {
    if (!isMarkerWrite(request)) return { answer: 503 };
    const fault: Fault = isDone ? { answer: 503 } : 'lost-answer';
    isDone = true;
    return fault;
  };
  t.true(DriverError.is(await t.throwsAsync(writer.append(bodyOf(content(9, 2)))), 'unavailable'));
  t.is(writer.size, UNIT_BYTES + 5);
  proxy.faults = () => undefined;
  await writer.append(bodyOf(content(10, 2)));
  await using next = await young.openWriter(PATH, { append: true });
  t.true(next.tookOver);
  t.is(next.size, UNIT_BYTES + 5);
  await t.throwsAsync(writer.commit());
});

test('a marker of a Stowage without claims, and its session, can be resumed', async (t) => {
  const { old, young, bucket } = await twoInstances(await startProxy(t));
  const bytes = content(UNIT_BYTES + 500);
  const { token: session } = await bucket.beginUpload('up/data');
  await fetch(session, {
    method: 'PUT',
    headers: { 'content-range': `bytes 0-${UNIT_BYTES - 1}/*` },
    body: bytes.subarray(0, UNIT_BYTES),
    redirect: 'manual',
  });
  const metadata = { 'Session-URI': session, Offset: String(UNIT_BYTES) };
  await bucket.put('up/data', { content: [bytes.subarray(UNIT_BYTES)], contentType: MARKER, metadata });
  t.is((await old.stat(PATH, { uncommitted: true }))?.size, bytes.byteLength);

  const first = await goOn(old, content(5, 2));
  t.false(first.tookOver);
  await first[Symbol.asyncDispose]();
  const stopped = await goOn(old, content(2 * UNIT_BYTES, 9));
  await (await goOn(young, content(6, 3))).commit(BLOB);
  t.true(DriverError.is(await t.throwsAsync(stopped.commit()), 'conflict'));
  assertBytes(await readAll(young, BLOB), Buffer.concat([bytes, content(5, 2), content(6, 3)]));
  t.deepEqual(await keysOf(bucket), ['blob/data']);
});

test('what each request costs: no more calls than the documentation says', async (t) => {
  const proxy = await startProxy(t);
  const { old } = await twoInstances(proxy);
  const costs = async (action: () => Promise<unknown>): Promise<number> => {
    const before = proxy.seen.length;
    await action();
    return proxy.seen.length - before;
  };
  t.is(await costs(() => begin(old, Buffer.alloc(0))), 1, 'a marker');
  // The marker, a claim, a session, a part, a marker.
  t.is(await costs(async () => (await goOn(old, content(UNIT_BYTES, 1)))[Symbol.asyncDispose]()), 5);
  // The marker, its end, the end of the session, a copy, two removals.
  t.is(await costs(async () => (await old.openWriter(PATH, { append: true })).commit(BLOB)), 6);
  const whole = await old.openWriter(PATH, { append: false });
  await whole.append(bodyOf(content(100)));
  t.is(await costs(() => whole.commit(BLOB)), 1, 'the object itself');
});
