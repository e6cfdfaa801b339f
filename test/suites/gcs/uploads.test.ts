import { DriverError } from '../../../core/driver/index.ts';
import { crc32c, encodeCrc32c } from '../../../drivers/object-store/crc32c.ts';
import { assertBytes, at, bodyOf, chunked, content, names, readAll } from '../../../testing/driver-case.ts';
import { emulatorUrl, newBucket, testsWithEmulator } from './emulator.ts';
import { keysOf, openBucket, openGcs, UNIT_BYTES } from './gcs-driver.ts';

const test = testsWithEmulator('uploads');
const MARKER = 'application/x-docker-upload-session';
const PATH = at('/up/data');

/** Two drivers as in two processes, and their bucket. */
async function twoDrivers(options: { readonly rootdirectory?: string } = {}) {
  const name = await newBucket();
  const url = await emulatorUrl();
  const [first, second] = [await openGcs(name, url, options), await openGcs(name, url, options)];
  return { first, second, bucket: openBucket(name, url) };
}

test('each chunk of an upload may arrive at a different process, whatever its size', async (t) => {
  const { first, second, bucket } = await twoDrivers();
  const sizes = [0, 1, 1000, UNIT_BYTES - 1, UNIT_BYTES, 3 * UNIT_BYTES + 7, 5, 2 * UNIT_BYTES, 600_000];
  const chunks = sizes.map((size, seed) => content(size, seed));
  let size = 0;
  for (const [index, chunk] of chunks.entries()) {
    const driver = index % 2 === 0 ? first : second;
    await using writer = await driver.openWriter(PATH, { append: index > 0 });
    t.is(writer.size, size);
    await writer.append(chunked(chunk, 50_000));
    size += chunk.byteLength;
  }
  t.is(await first.stat(PATH), undefined);
  await (await first.openWriter(PATH, { append: true })).commit();
  assertBytes(await readAll(second, PATH), Buffer.concat(chunks));
  t.deepEqual(await keysOf(bucket), ['up/data']);
});

test('the marker of an upload has the form of distribution: session and offset in the metadata, the rest as content', async (t) => {
  const { first, bucket } = await twoDrivers({ rootdirectory: '/root/of/it/' });
  const bytes = content(UNIT_BYTES + 1000);
  const writer = await first.openWriter(at('/docker/data'), { append: false });
  await writer.append(bodyOf(bytes));
  await writer[Symbol.asyncDispose]();

  const marker = await bucket.head('root/of/it/docker/data');
  t.like(marker, { contentType: MARKER, size: 1000, crc32c: crc32c(bytes.subarray(UNIT_BYTES)) });
  t.is(marker?.metadata['Offset'], String(UNIT_BYTES));
  t.regex(marker?.metadata['Session-URI'] ?? '', /^http.*upload_id=/);
});

test('an upload that distribution began can be resumed', async (t) => {
  const { first, bucket } = await twoDrivers();
  const { token: session } = await bucket.beginUpload('up/data');
  const bytes = content(UNIT_BYTES + 500);
  await fetch(session, {
    method: 'PUT',
    headers: { 'content-range': `bytes 0-${UNIT_BYTES - 1}/*` },
    body: bytes.subarray(0, UNIT_BYTES),
    redirect: 'manual',
  });
  await bucket.put('up/data', {
    content: [bytes.subarray(UNIT_BYTES)],
    contentType: MARKER,
    metadata: { 'Session-URI': session, Offset: String(UNIT_BYTES) },
  });

  await using writer = await first.openWriter(PATH, { append: true });
  t.is(writer.size, bytes.byteLength);
  await writer.append(bodyOf(content(77, 2)));
  await writer.commit();
  assertBytes(await readAll(first, PATH), Buffer.concat([bytes, content(77, 2)]));
});

test('of two processes that resume one upload the first to send a byte wins, and the other gets conflict', async (t) => {
  for (const bytes of [100, 3 * UNIT_BYTES]) {
    const { first, second } = await twoDrivers();
    const begun = await first.openWriter(PATH, { append: false });
    await begun.append(bodyOf(content(50)));
    await begun[Symbol.asyncDispose]();
    const one = await first.openWriter(PATH, { append: true });
    const other = await second.openWriter(PATH, { append: true });
    await one.append(bodyOf(content(bytes, 1)));
    for (const call of [() => other.append(bodyOf(content(bytes, 2))), async () => other[Symbol.asyncDispose]()]) {
      const error = await t.throwsAsync(call);
      t.true(DriverError.is(error, 'conflict'), String(error));
    }
    await one[Symbol.asyncDispose]();
    const goneOn = await second.openWriter(PATH, { append: true });
    t.false(goneOn.tookOver);
    await goneOn.commit();
    assertBytes(await readAll(first, PATH), Buffer.concat([content(50), content(bytes, 1)]));
  }
});

test('a commit while another writer has the upload is a conflict', async (t) => {
  for (const bytes of [100, 3 * UNIT_BYTES]) {
    const { first, second } = await twoDrivers();
    const begun = await first.openWriter(PATH, { append: false });
    await begun.append(bodyOf(content(bytes)));
    await begun[Symbol.asyncDispose]();
    const late = await first.openWriter(PATH, { append: true });
    const quick = await second.openWriter(PATH, { append: true });
    await quick.append(bodyOf(content(10, 2)));
    await quick.commit();
    const error = await t.throwsAsync(late.commit());
    t.true(DriverError.is(error, 'conflict'), String(error));
    assertBytes(await readAll(first, PATH), Buffer.concat([content(bytes), content(10, 2)]));
  }
});

test('committed content stays while a writer over it is closed and resumed', async (t) => {
  for (const size of [0, 9]) {
    const { first, second, bucket } = await twoDrivers();
    await first.write(PATH, content(size));
    const writer = await first.openWriter(PATH, { append: false });
    await writer.append(bodyOf(content(1000, 2)));
    await writer[Symbol.asyncDispose]();
    assertBytes(await readAll(second, PATH), content(size));
    t.deepEqual(await names(second, '/up'), ['data']);
    t.deepEqual(await names(second, '/'), ['up']);

    const goneOn = await second.openWriter(PATH, { append: true });
    t.is(goneOn.size, 1000);
    await goneOn.append(bodyOf(content(5, 3)));
    await goneOn[Symbol.asyncDispose]();
    await (await first.openWriter(PATH, { append: true })).commit();
    assertBytes(await readAll(first, PATH), Buffer.concat([content(1000, 2), content(5, 3)]));
    t.deepEqual(await keysOf(bucket), ['up/data']);
  }
});

test('state beside committed content is removed with it, and never applied to other content', async (t) => {
  const { first, bucket } = await twoDrivers();
  const beside = async () => {
    await first.write(PATH, content(9));
    const writer = await first.openWriter(PATH, { append: false });
    await writer.append(bodyOf(content(1000, 2)));
    await writer[Symbol.asyncDispose]();
  };
  await beside();
  await first.write(PATH, Buffer.alloc(0));
  t.is((await first.openWriter(PATH, { append: true })).size, 0);
  await first.delete(PATH);
  t.deepEqual(await keysOf(bucket), []);
  t.is(await first.stat(PATH), undefined);
});

test('appending to committed bytes is not-supported', async (t) => {
  const { first } = await twoDrivers();
  await first.write(PATH, content(9));
  const error = await t.throwsAsync(first.openWriter(PATH, { append: true }));
  t.true(DriverError.is(error, 'not-supported'));
});

test('an upload whose parts do not fit together is refused and removed', async (t) => {
  const { first, bucket } = await twoDrivers();
  const begun = await first.openWriter(PATH, { append: false });
  await begun.append(bodyOf(content(2 * UNIT_BYTES + 5)));
  await begun[Symbol.asyncDispose]();
  const marker = await bucket.head('up/data');
  const metadata = { ...marker?.metadata, 'Stowage-Crc32c': encodeCrc32c(1) };
  await bucket.put('up/data', { content: [content(5, 9)], contentType: MARKER, metadata });

  const writer = await first.openWriter(PATH, { append: true });
  const error = await t.throwsAsync(writer.commit());
  t.true(DriverError.is(error, 'unavailable'), String(error));
  t.regex(error.message, /different bytes from those that were sent/);
  t.is(await first.stat(PATH), undefined);
});

test('markers do not count as files: they are not found, listed or moved', async (t) => {
  const { first } = await twoDrivers();
  const writer = await first.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(1000)));
  await writer[Symbol.asyncDispose]();
  t.is(await first.stat(PATH), undefined);
  t.deepEqual(await names(first, '/up'), []);
  for (const call of [first.read(PATH), first.read(PATH, { start: 5000 }), first.move(PATH, at('/other'))]) {
    t.true(DriverError.is(await t.throwsAsync(call), 'not-found'));
  }
});
