import { createHash } from 'node:crypto';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
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
import { type Fault, type Faults, FaultyProxy } from '../../helpers/http/faulty-proxy.ts';
import type { SeenRequest } from '../../helpers/http/seen-request.ts';
import { emulatorUrl, newBucket, openClient, testsOn, VERSITYGW } from './emulators.ts';
import { keysOf, openS3, PART_BYTES } from './s3-driver.ts';

const test = testsOn(VERSITYGW, 'faults');
const PATH = at('/up/data');
const MIB = 1024 * 1024;

const isDownload = ({ method, url }: SeenRequest): boolean => method === 'GET' && url.includes('x-id=GetObject');
const isPart = ({ method, url }: SeenRequest): boolean => method === 'PUT' && url.includes('uploadId=');
const isCompletion = ({ method, url }: SeenRequest): boolean => method === 'POST' && url.includes('uploadId=');

const SLOW_DOWN = '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';
const FAULTS: Readonly<Record<string, Fault>> = {
  SlowDown: { answer: 503, body: SLOW_DOWN },
  'a 429 with Retry-After': { answer: 429, retryAfter: '0' },
  'a timeout of the service': { answer: 400, body: '<Error><Code>RequestTimeout</Code></Error>' },
  'a lost request': 'lost-request',
  'a lost answer': 'lost-answer',
};

/** Whether a service can answer so: without a body, nothing tells a timeout from a mistake. */
const isPossible = ({ method }: SeenRequest, fault: Fault): boolean =>
  method !== 'HEAD' || fault !== FAULTS['a timeout of the service'];

/** The fault for the first request that `isMeant`. */
function once(isMeant: (request: SeenRequest) => boolean, fault: Fault): Faults {
  let isOver = false;
  return (request) => {
    if (isOver || !isMeant(request)) return undefined;
    isOver = true;
    return fault;
  };
}

const startProxy = async (t: Parameters<typeof FaultyProxy.start>[0]): Promise<FaultyProxy> =>
  FaultyProxy.start(t, await emulatorUrl(VERSITYGW));

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`every request of a push and a pull may meet ${name} once`, async (t) => {
    const proxy = await startProxy(t);
    const driver = await openS3(await newBucket(VERSITYGW), proxy.url);
    const met = new Set<string>();
    proxy.faults = (request) => {
      const { method, url, headers } = request;
      const what = `${method} ${url} ${headers.range ?? ''} ${headers['if-match'] ?? ''}`;
      if (met.has(what) || !isPossible(request, fault)) return undefined;
      met.add(what);
      return fault;
    };
    await pushAndPull(driver, content(2 * PART_BYTES + 3 * MIB));
    t.true(proxy.faultCount > 15, `only ${proxy.faultCount} faults`);
  });
}

/** The calls of the registry for a blob, in two requests and with a link; then a read of it. */
async function pushAndPull(driver: StorageDriver, bytes: Buffer): Promise<void> {
  const half = (bytes.byteLength >>> 1) + MIB;
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
  const driver = await openS3(await newBucket(VERSITYGW), proxy.url);
  const kinds: readonly Fault[] = [...Object.values(FAULTS), { cutAfter: 1000 }, { cutAfter: 100_000 }];
  let count = 0;
  proxy.faults = (request) => {
    const usable = kinds.filter((kind) => isPossible(request, kind));
    const random = createHash('sha256')
      .update(`${seed}/${(count += 1)}`)
      .digest();
    return random.readUInt8(0) < 64 ? usable[random.readUInt8(1) % usable.length] : undefined;
  };
  for (let round = 0; round < 3; round += 1) await pushAndPull(driver, content(11 * MIB + round * 70_001, round));
  t.true(proxy.faultCount > 15, `only ${proxy.faultCount} faults`);
});

test('a completion whose answer was lost is looked up, not sent again as a new upload', async (t) => {
  const proxy = await startProxy(t);
  const bucket = await newBucket(VERSITYGW);
  const driver = await openS3(bucket, proxy.url);
  proxy.faults = once(isCompletion, 'lost-answer');
  await writeStream(driver, PATH, content(2 * PART_BYTES), content(7, 2));
  t.is(proxy.faultCount, 1);
  assertBytes(await readAll(driver, PATH), Buffer.concat([content(2 * PART_BYTES), content(7, 2)]));
  t.deepEqual(await keysOf(VERSITYGW, bucket), ['up/data']);
});

test('a writer continues after the service was away for longer than a call waits', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openS3(await newBucket(VERSITYGW), proxy.url);
  const bytes = content(4 * PART_BYTES);
  await using writer = await driver.openWriter(PATH, { append: false });
  proxy.faults = () => ({ answer: 503, body: SLOW_DOWN });
  const error = await t.throwsAsync(writer.append(chunked(bytes)));
  t.true(DriverError.is(error, 'unavailable'), String(error));
  const kept = writer.size;
  t.true(kept > 0 && kept < bytes.byteLength);
  proxy.faults = () => undefined;
  await writer.append(bodyOf(bytes.subarray(kept)));
  await writer.commit();
  assertBytes(await readAll(driver, PATH), bytes);
});

test('an upload continues after its last closed writer, and no part of a writer that was killed counts', async (t) => {
  const bucket = await newBucket(VERSITYGW);
  const url = await emulatorUrl(VERSITYGW);
  const [first, killed, other] = [await openS3(bucket, url), await openS3(bucket, url), await openS3(bucket, url)];
  const begun = await first.openWriter(PATH, { append: false });
  await begun.append(bodyOf(content(PART_BYTES + 5)));
  await begun[Symbol.asyncDispose]();
  const lost = await killed.openWriter(PATH, { append: true });
  await lost.append(bodyOf(content(2 * PART_BYTES, 8)));
  await using writer = await other.openWriter(PATH, { append: true });
  t.is(writer.size, PART_BYTES + 5);
  await writer.append(bodyOf(content(PART_BYTES, 9)));
  const late = await t.throwsAsync(lost.append(bodyOf(content(2 * PART_BYTES, 8))));
  t.true(DriverError.is(late), String(late));
  await writer.commit();
  assertBytes(await readAll(first, PATH), Buffer.concat([content(PART_BYTES + 5), content(PART_BYTES, 9)]));
});

test('the parts of an upload are dropped with its marker', async (t) => {
  const bucket = await newBucket(VERSITYGW);
  const driver = await openS3(bucket, await emulatorUrl(VERSITYGW));
  const begun = await driver.openWriter(PATH, { append: false });
  await begun.append(bodyOf(content(PART_BYTES)));
  await begun[Symbol.asyncDispose]();
  await using client = await openClient(VERSITYGW);
  const uploads = async () =>
    (await client.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads?.length ?? 0;
  t.is(await uploads(), 1);
  await driver.delete(at('/up'));
  t.is(await uploads(), 0);
  t.deepEqual(await keysOf(VERSITYGW, bucket), []);
});

test('an object is moved in parts, and a part that fails once is copied again', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openS3(await newBucket(VERSITYGW), proxy.url, {
    multipartcopythresholdsize: 5 * MIB,
    multipartcopychunksize: 5 * MIB,
  });
  const bytes = content(12 * MIB);
  await driver.write(PATH, bytes);
  proxy.faults = once(isPart, 'lost-answer');
  await driver.move(PATH, at('/to'));
  t.is(proxy.seen.filter(isPart).length, 4);
  assertBytes(await readAll(driver, '/to'), bytes);
  t.deepEqual(await names(driver, '/'), ['to']);
});

test('a download that is cut resumes where it broke, with the same content or not at all', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openS3(await newBucket(VERSITYGW), proxy.url);
  const bytes = content(2 * MIB);
  await driver.write(PATH, bytes);
  proxy.faults = (request) => (isDownload(request) ? { cutAfter: 300_000 } : undefined);
  assertBytes(await readAll(driver, PATH), bytes);
  assertBytes(await readAll(driver, PATH, 1000, MIB), bytes.subarray(1000, MIB));
  t.true(proxy.faultCount > 6, `only ${proxy.faultCount} faults`);
  proxy.faults = once(isDownload, { cutAfter: 300_000 });
  const stream = await driver.read(PATH);
  await driver.write(PATH, content(2 * MIB, 2));
  const error = await t.throwsAsync(drain(stream));
  t.true(DriverError.is(error, 'conflict'), String(error));
});

test('a write that is corrupted in transit is refused, and the old content stays', async (t) => {
  const proxy = await startProxy(t);
  const driver = await openS3(await newBucket(VERSITYGW), proxy.url);
  await driver.write(PATH, content(9));
  proxy.faults = ({ method, body }) => {
    if (method === 'PUT') body.writeUInt8(body.readUInt8(0) ^ 1);
    return undefined;
  };
  const error = await t.throwsAsync(driver.write(PATH, content(1000)));
  t.true(DriverError.is(error, 'unavailable'), String(error));
  proxy.faults = () => undefined;
  assertBytes(await readAll(driver, PATH), content(9));
});

test('a service that is silent is given up', async (t) => {
  const proxy = await startProxy(t);
  const bucket = await newBucket(VERSITYGW);
  const driver = await openS3(bucket, proxy.url, {}, { idleMs: 1500 });
  await driver.write(PATH, content(MIB));
  proxy.faults = (request) => (request.method === 'HEAD' ? 'silence' : undefined);
  const error = await t.throwsAsync(driver.stat(PATH));
  t.true(DriverError.is(error, 'unavailable'), String(error));
});

test('clients are redirected to a URL that serves the content, whole and in part, and nothing else', async (t) => {
  const driver = await openS3(await newBucket(VERSITYGW), await emulatorUrl(VERSITYGW), {
    rootdirectory: 'a folder/b',
  });
  const bytes = content(1000);
  await driver.write(at('/blob/data'), bytes);
  for (const method of ['GET', 'HEAD'] as const) {
    const url = await driver.redirectUrl?.(at('/blob/data'), { method, expiresInMs: 60_000 });
    const answer = await fetch(url ?? t.fail(), { method });
    t.is(answer.headers.get('content-length'), '1000');
    if (method === 'GET') assertBytes(Buffer.from(await answer.arrayBuffer()), bytes);
  }
  const url = (await driver.redirectUrl?.(at('/blob/data'), { method: 'GET', expiresInMs: 60_000 })) ?? t.fail();
  const part = await fetch(url, { headers: { range: 'bytes=10-99' } });
  assertBytes(Buffer.from(await part.arrayBuffer()), bytes.subarray(10, 100));
  t.is((await fetch(url, { method: 'DELETE' })).status, 403);
  url.pathname += 'x';
  t.is((await fetch(url)).status, 403);
});
