import { createHash } from 'node:crypto';
import { DriverError, type StorageDriver } from '../../../core/driver/index.ts';
import {
  assertBytes,
  at,
  bodyOf,
  chunked,
  content,
  drain,
  names,
  readAll,
  writeStream,
} from '../../../testing/driver-case.ts';
import type { Fault, Faults } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import { newBucket, testsWithEmulator } from './emulator.ts';
import { openGcs, UNIT_BYTES } from './gcs-driver.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('faults');
const PATH = at('/up/data');
const MIB = 1024 * 1024;

const isPartOfUpload = ({ method, url }: SeenRequest): boolean => method === 'PUT' && url.includes('upload_id=');
const isQuestion = ({ headers }: SeenRequest): boolean => headers['content-range'] === 'bytes */*';
const isDownload = ({ method, url }: SeenRequest): boolean => method === 'GET' && url.includes('alt=media');

const FAULTS: Readonly<Record<string, Fault>> = {
  'a 503': { answer: 503 },
  'a 429 with Retry-After': { answer: 429, retryAfter: '0' },
  'a 408': { answer: 408 },
  'a lost request': 'lost-request',
  'a lost answer': 'lost-answer',
};

/** The fault for the first request that `isMeant`. */
function once(isMeant: (request: SeenRequest) => boolean, fault: Fault): Faults {
  let isOver = false;
  return (request) => {
    if (isOver || !isMeant(request)) return undefined;
    isOver = true;
    return fault;
  };
}

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`every request of a push and a pull may meet ${name} once`, async (t) => {
    const proxy = await startProxy(t);
    const driver = await openGcs(await newBucket(), proxy.url);
    const met = new Set<string>();
    proxy.faults = ({ method, url, headers }) => {
      const what = `${method} ${url} ${headers['content-range'] ?? headers.range ?? ''}`;
      if (met.has(what)) return undefined;
      met.add(what);
      return fault;
    };
    await pushAndPull(driver, content(3 * MIB + 11));
    t.true(proxy.faultCount > 15, `only ${proxy.faultCount} faults`);
  });
}

/** The calls of the registry for a blob, in two requests and with a link; then a read of it. */
async function pushAndPull(driver: StorageDriver, bytes: Buffer): Promise<void> {
  const half = bytes.byteLength >>> 1;
  await driver.write(at('/up/startedat'), Buffer.from('now'));
  const begun = await driver.openWriter(PATH, { append: false });
  await begun.append(chunked(bytes.subarray(0, half)));
  await begun[Symbol.asyncDispose]();
  await using writer = await driver.openWriter(PATH, { append: true });
  await writer.append(chunked(bytes.subarray(half)));
  await writer.commit();
  await driver.move(PATH, at('/blobs/data'));
  await driver.write(at('/link'), Buffer.from('link'));
  await driver.delete(at('/up'));
  assertBytes(await readAll(driver, '/blobs/data'), bytes);
  assertBytes(await readAll(driver, '/blobs/data', 100, MIB), bytes.subarray(100, MIB));
  assertBytes(await readAll(driver, '/link'), Buffer.from('link'));
}

test('pushes and pulls through seeded faults of all kinds lose nothing and serve nothing wrong', async (t) => {
  const seed = process.env['TEST_SEED'] ?? Math.random().toString(36).slice(2);
  t.log(`TEST_SEED=${seed}`);
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, { chunksize: UNIT_BYTES });
  const kinds: readonly Fault[] = [
    ...Object.values(FAULTS),
    { cutAfter: 1000 },
    { cutAfter: 100_000 },
    { keepBytes: 0 },
    { keepBytes: UNIT_BYTES },
  ];
  let count = 0;
  proxy.faults = (request) => {
    const random = createHash('sha256')
      .update(`${seed}/${(count += 1)}`)
      .digest();
    // The service keeps only parts of parts.
    const usable = kinds.filter(
      (kind) => typeof kind !== 'object' || !('keepBytes' in kind) || isPartOfUpload(request),
    );
    return random.readUInt8(0) < 64 ? usable[random.readUInt8(1) % usable.length] : undefined;
  };
  for (let round = 0; round < 6; round += 1) await pushAndPull(driver, content(2 * MIB + round * 70_001, round));
  t.true(proxy.faultCount > 30, `only ${proxy.faultCount} faults`);
});

test('after a lost part the service is asked for its offset, and only the missing bytes are sent', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, { chunksize: 4 * UNIT_BYTES });
  proxy.faults = once(isPartOfUpload, { keepBytes: 3 * UNIT_BYTES });
  await writeStream(driver, PATH, content(MIB), content(100, 2));
  assertBytes(await readAll(driver, PATH), Buffer.concat([content(MIB), content(100, 2)]));
  const ranges = proxy.seen.filter(isPartOfUpload).map(({ headers }) => headers['content-range']);
  t.deepEqual(ranges, [
    `bytes 0-${MIB - 1}/*`,
    'bytes */*',
    `bytes ${3 * UNIT_BYTES}-${MIB - 1}/*`,
    `bytes ${MIB}-${MIB + 99}/${MIB + 100}`,
  ]);
});

test('an upload whose last answer was lost is looked up, not sent again', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  proxy.faults = once(({ headers }) => headers['content-range']?.endsWith(`/${MIB}`) ?? false, 'lost-answer');
  await writeStream(driver, PATH, content(MIB - 7), content(7, 2));
  assertBytes(await readAll(driver, PATH), Buffer.concat([content(MIB - 7), content(7, 2)]));
  t.is(proxy.seen.filter(isQuestion).length, 1);
});

test('a writer continues after the service was away for longer than a call waits', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  const bytes = content(3 * MIB);
  await using writer = await driver.openWriter(PATH, { append: false });
  proxy.faults = () => ({ answer: 503 });
  const error = await t.throwsAsync(writer.append(chunked(bytes)));
  t.true(DriverError.is(error, 'unavailable'), String(error));
  const kept = writer.size;
  t.true(kept > 0 && kept < bytes.byteLength);
  proxy.faults = () => undefined;
  await writer.append(bodyOf(bytes.subarray(kept)));
  await writer.commit();
  assertBytes(await readAll(driver, PATH), bytes);
});

/** A writer that sends parts and is never closed, as that of a process that is killed. */
async function killedWriter(driver: StorageDriver, bytes: Buffer): Promise<void> {
  const begun = await driver.openWriter(PATH, { append: false });
  await begun.append(bodyOf(bytes.subarray(0, UNIT_BYTES + 5)));
  await begun[Symbol.asyncDispose]();
  const killed = await driver.openWriter(PATH, { append: true });
  await killed.append(chunked(bytes.subarray(UNIT_BYTES + 5, MIB), 10_000));
}

test('an upload continues after its last closed writer when another one was killed in the middle', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, { chunksize: UNIT_BYTES });
  const bytes = content(2 * MIB + 77);
  await killedWriter(driver, bytes);
  await using writer = await driver.openWriter(PATH, { append: true });
  t.is(writer.size, UNIT_BYTES + 5);
  await writer.append(chunked(bytes.subarray(writer.size), 70_000));
  await writer.commit();
  assertBytes(await readAll(driver, PATH), bytes);
});

test('bytes other than those of a killed writer are accepted, and none of its own remain', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, { chunksize: UNIT_BYTES });
  await killedWriter(driver, content(2 * MIB));
  await using writer = await driver.openWriter(PATH, { append: true });
  await writer.append(bodyOf(content(2 * MIB, 9)));
  t.is(writer.size, UNIT_BYTES + 5 + 2 * MIB);
  await writer.commit();
  assertBytes(
    await readAll(driver, PATH),
    Buffer.concat([content(2 * MIB).subarray(0, UNIT_BYTES + 5), content(2 * MIB, 9)]),
  );
});

test('a download that is cut resumes where it broke, with the same content', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  const bytes = content(2 * MIB);
  await driver.write(PATH, bytes);
  proxy.faults = (request) => (isDownload(request) ? { cutAfter: 300_000 } : undefined);
  assertBytes(await readAll(driver, PATH), bytes);
  assertBytes(await readAll(driver, PATH, 1000, MIB), bytes.subarray(1000, MIB));
  t.true(proxy.faultCount > 6, `only ${proxy.faultCount} faults`);
});

test('a download that is cut fails when the content was replaced meanwhile', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  await driver.write(PATH, content(2 * MIB));
  proxy.faults = once(isDownload, { cutAfter: 300_000 });
  const stream = await driver.read(PATH);
  await driver.write(PATH, content(2 * MIB, 2));
  const error = await t.throwsAsync(drain(stream));
  t.true(DriverError.is(error, 'conflict'), String(error));
});

test('content that does not match its CRC32C is never given whole', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  for (const size of [1, 1000, 2 * MIB]) {
    await driver.write(PATH, content(size));
    proxy.faults = once(isDownload, 'corrupt');
    let got = 0;
    const error = await t.throwsAsync(async () => {
      for await (const chunk of (await driver.read(PATH)) as AsyncIterable<Buffer>) got += chunk.byteLength;
    });
    t.regex(error.message, /CRC32C/);
    t.true(got < size, `${got} of ${size} bytes were given`);
  }
});

test('a write that is corrupted in transit is refused, and the old content stays', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  await driver.write(PATH, content(9));
  proxy.faults = ({ body, url }) => {
    if (url.includes('uploadType=multipart'))
      body.writeUInt8(body.readUInt8(body.byteLength - 60) ^ 1, body.byteLength - 60);
    return undefined;
  };
  const error = await t.throwsAsync(driver.write(PATH, content(1000)));
  t.true(DriverError.is(error, 'unavailable'), String(error));
  proxy.faults = () => undefined;
  assertBytes(await readAll(driver, PATH), content(9));
});

test('a part of an upload that is corrupted in transit is detected at commit, and nothing is left', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  let changed = 0;
  proxy.faults = (request) => {
    if (isPartOfUpload(request) && request.body.byteLength > 0 && (changed += 1) === 1)
      request.body.writeUInt8(request.body.readUInt8(0) ^ 1);
    return undefined;
  };
  const error = await t.throwsAsync(writeStream(driver, PATH, content(2 * MIB)));
  t.true(DriverError.is(error, 'unavailable'), String(error));
  t.is(await driver.stat(PATH), undefined);
});

test('a permanent error is reported at once: 400, 401, 403', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  for (const [answer, code] of [
    [400, 'unavailable'],
    [401, 'denied'],
    [403, 'denied'],
  ] as const) {
    const before = proxy.seen.length;
    proxy.faults = () => ({ answer });
    const error = await t.throwsAsync(driver.write(PATH, content(9)));
    t.true(DriverError.is(error, code), `${answer}: ${String(error)}`);
    t.is(proxy.seen.length, before + 1);
  }
});

test('a copy that the service makes in steps is continued until it is whole', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url);
  await driver.write(PATH, content(1000));
  const tokens: (string | null)[] = [];
  proxy.faults = ({ url }) => {
    if (!url.includes('/rewriteTo/')) return undefined;
    const token = new URL(url, proxy.url).searchParams.get('rewriteToken');
    tokens.push(token);
    if (tokens.length > 2) return undefined;
    const step = {
      done: false,
      rewriteToken: `token-${tokens.length}`,
      totalBytesRewritten: '400',
      objectSize: '1000',
    };
    return { answer: 200, body: JSON.stringify(step) };
  };
  await driver.move(PATH, at('/to'));
  t.deepEqual(tokens, [null, 'token-1', 'token-2']);
  assertBytes(await readAll(driver, '/to'), content(1000));
  t.deepEqual(await names(driver, '/'), ['to']);
});

test('random reads of 1 MiB fetch only what was asked for', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openGcs(await newBucket(), proxy.url, { chunksize: 64 * UNIT_BYTES });
  const bytes = content(48 * MIB);
  await writeStream(driver, PATH, bytes);
  const before = proxy.downloadedBytes;
  const starts = Array.from({ length: 20 }, (_, index) => (index * 7_654_321) % (47 * MIB));
  for (const start of starts)
    assertBytes(await readAll(driver, PATH, start, start + MIB), bytes.subarray(start, start + MIB));
  t.is(proxy.downloadedBytes - before, starts.length * MIB);
});
