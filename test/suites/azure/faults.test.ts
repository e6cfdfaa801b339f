import { DriverError, type StorageDriver } from '../../../core/driver/index.ts';
import { assertBytes, at, bodyOf, chunked, content, drain, readAll } from '../../../testing/driver-case.ts';
import type { Fault } from '../../helpers/http/faulty-proxy.ts';
import { keysOf, openAzure, openContainer } from './azure-driver.ts';
import { newContainer, testsWithEmulator } from './emulator.ts';
import { startProxy } from './proxy.ts';

const test = testsWithEmulator('faults');
const PATH = at('/up/data');
const MIB = 1024 * 1024;
/** Long enough for a busy machine to open a driver. */
const IDLE_MS = 1_500;

const FAULTS: Readonly<Record<string, Fault>> = {
  'a 503': { answer: 503 },
  'a 500 with Retry-After': { answer: 500, retryAfter: '0' },
  'a lost request': 'lost-request',
  'a lost answer': 'lost-answer',
};

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`every request of a push and a pull may meet ${name} once`, async (t) => {
    const { proxy, url } = await startProxy(t);
    const container = await newContainer();
    const driver = await openAzure(container, url);
    const met = new Set<string>();
    proxy.faults = ({ method, url: path, headers }) => {
      const what = `${method} ${path} ${headers.range ?? ''} ${headers['if-match'] ?? ''}`;
      if (met.has(what)) return undefined;
      met.add(what);
      return fault;
    };
    await pushAndPull(driver, content(11 * MIB + 11));
    t.true(proxy.faultCount > 15, `only ${proxy.faultCount} faults`);
    proxy.faults = () => undefined;
    t.deepEqual(await keysOf(openContainer(container, url)), ['blobs/data', 'link']);
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
  await driver.write(at('/link'), Buffer.from('link'), { ifAbsent: true });
  await driver.delete(at('/up'));
  assertBytes(await readAll(driver, '/blobs/data'), bytes);
  assertBytes(await readAll(driver, '/blobs/data', 100, MIB), bytes.subarray(100, MIB));
  assertBytes(await readAll(driver, '/link'), Buffer.from('link'));
}

test('a file that must be new is created although the first answer was lost, and by no second write', async (t) => {
  const { proxy, url } = await startProxy(t);
  const driver = await openAzure(await newContainer(), url);
  let isOver = false;
  proxy.faults = ({ method }) => {
    if (isOver || method !== 'PUT') return undefined;
    isOver = true;
    return 'lost-answer';
  };
  await driver.write(at('/once'), content(10), { ifAbsent: true });
  t.is(proxy.faultCount, 1);
  // Even one with the same content is another write.
  const second = await t.throwsAsync(driver.write(at('/once'), content(10), { ifAbsent: true }));
  t.true(DriverError.is(second, 'conflict'), String(second));
});

test('the service refuses a blob and a block that changed on the way', async (t) => {
  const { proxy, url } = await startProxy(t);
  const container = await newContainer();
  const driver = await openAzure(container, url);
  proxy.faults = ({ method, body }) => {
    if (method === 'PUT' && body.byteLength > 0) body.writeUInt8(body.readUInt8(0) ^ 1);
    return undefined;
  };
  await t.throwsAsync(driver.write(PATH, content(1000)), { message: /Md5Mismatch|MD5/i });
  const writer = await driver.openWriter(PATH, { append: false });
  await writer.append(bodyOf(content(6 * MIB)));
  await t.throwsAsync(writer.commit(), { message: /Md5Mismatch|MD5/i });
  t.deepEqual(await keysOf(openContainer(container, url)), []);
});

test('a download resumes where its connection broke, and changed bytes never reach its end', async (t) => {
  const { proxy, url } = await startProxy(t);
  const driver = await openAzure(await newContainer(), url);
  const bytes = content(3 * MIB);
  await driver.write(PATH, bytes);
  proxy.faults = ({ method }) => (method === 'GET' && proxy.faultCount < 2 ? { cutAfter: 400_000 } : undefined);
  assertBytes(await readAll(driver, PATH), bytes);
  t.is(proxy.faultCount, 2);
  proxy.faults = ({ method }) => (method === 'GET' ? 'corrupt' : undefined);
  await t.throwsAsync(readAll(driver, PATH), { message: /CRC32C/ });
});

test('a download of content that is replaced meanwhile fails', async (t) => {
  const { proxy, url } = await startProxy(t);
  const driver = await openAzure(await newContainer(), url);
  await driver.write(PATH, content(MIB, 1));
  proxy.faults = ({ method }) => (method === 'GET' ? { cutAfter: 100_000 } : undefined);
  const stream = await driver.read(PATH);
  await driver.write(PATH, content(MIB, 2));
  const error = await t.throwsAsync(drain(stream));
  t.true(DriverError.is(error, 'conflict'), String(error));
});

const SILENT_CALLS: Readonly<Record<string, (driver: StorageDriver) => Promise<unknown>>> = {
  stat: (driver) => driver.stat(PATH),
  read: async (driver) => drain(await driver.read(PATH)),
  write: (driver) => driver.write(PATH, content(10)),
};

for (const [call, run] of Object.entries(SILENT_CALLS)) {
  test(`${call} fails after two attempts when the service falls silent`, async (t) => {
    const { proxy, url } = await startProxy(t);
    const driver = await openAzure(await newContainer(), url, {}, { idleMs: IDLE_MS });
    proxy.faults = () => 'silence';
    const error = await t.throwsAsync(run(driver));
    t.true(DriverError.is(error, 'unavailable'), String(error));
    t.regex(String(error), /no bytes arrived for \d+ ms/);
  });
}
