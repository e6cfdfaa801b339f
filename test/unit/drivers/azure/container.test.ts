import type { IncomingMessage } from 'node:http';
import test from 'ava';
import { sampleDriver } from '../../../../drivers/azure/sample.ts';
import { ABSENT, hasStatus } from '../../../../drivers/object-store/index.ts';
import { ScriptedServer } from '../../../helpers/client/scripted-server.ts';
import { containerAt } from './stub-service.ts';

/** Answers each request with the next of these: a status and headers. */
async function answering(
  t: Parameters<typeof containerAt>[0],
  ...answers: [number, Record<string, string>?, string?][]
) {
  const rest = answers.values();
  const bodies: string[] = [];
  const server = await ScriptedServer.start(t, async (request, response) => {
    bodies.push(await textOf(request));
    const [status, headers = {}, body] = rest.next().value ?? [599];
    response.writeHead(status, headers).end(body);
  });
  return { server, bodies, container: containerAt(t, server.address) };
}

async function textOf(request: IncomingMessage): Promise<string> {
  return Buffer.concat((await request.toArray()) as Buffer[]).toString();
}

const SOURCE = { key: 'from', version: '"1"' };
const pending = (progress: string) => ({
  'x-ms-copy-id': 'one',
  'x-ms-copy-status': 'pending',
  'x-ms-copy-progress': progress,
});

test('a copy that is not finished at once is asked about until it is, as long as it makes progress', async (t) => {
  const { server, container } = await answering(
    t,
    [202, pending('0/9')],
    ...[1, 2, 3, 4, 5, 6].map((step): [number, Record<string, string>] => [200, pending(`${step}/9`)]),
    [200, { 'x-ms-copy-id': 'one', 'x-ms-copy-status': 'success' }],
  );
  await container.copy(SOURCE, 'to');
  t.is(server.seen.length, 8);
  t.like(server.seen[0]?.headers, {
    'x-ms-copy-source': `${server.address}/layers/from`,
    'x-ms-source-if-match': '"1"',
  });
});

const stuck = (): [number, Record<string, string>][] => [1, 2, 3, 4].map(() => [200, pending('3/9')]);

test('a copy without progress is ended, and what it left is removed', async (t) => {
  const left = { ...pending(''), 'x-ms-copy-status': 'aborted', etag: '"5"' };
  const { server, container } = await answering(t, [202, pending('0/9')], ...stuck(), [204], [200, left], [202]);
  await t.throwsAsync(container.copy(SOURCE, 'to'), { message: /made no progress \(3\/9 bytes\); max_retries/ });
  t.deepEqual(server.asked.slice(-3), ['PUT /layers/to?comp=copy&copyid=one', 'HEAD /layers/to', 'DELETE /layers/to']);
  t.is(server.seen.at(-1)?.headers['if-match'], '"5"');
});

test('a copy that finishes while it is ended has succeeded, and what others have put there stays', async (t) => {
  const done = { 'x-ms-copy-id': 'one', 'x-ms-copy-status': 'success' };
  const late = await answering(t, [202, pending('0/9')], ...stuck(), [409], [200, done]);
  await late.container.copy(SOURCE, 'to');
  t.is(late.server.asked.at(-1), 'HEAD /layers/to');

  const others = { 'x-ms-copy-id': 'other', 'x-ms-copy-status': 'aborted' };
  const replaced = await answering(t, [202, pending('0/9')], ...stuck(), [409], [200, others]);
  await t.throwsAsync(replaced.container.copy(SOURCE, 'to'), { message: /made no progress/ });
  t.is(replaced.server.asked.at(-1), 'HEAD /layers/to');
});

test('a copy whose target others delete or fill without an end begins anew', async (t) => {
  const others = { 'x-ms-copy-id': 'other', 'x-ms-copy-status': 'pending' };
  const { server, container } = await answering(
    t,
    [202, pending('0/9')],
    [404],
    [202, pending('0/9')],
    [200, others],
    [200, { ...others, 'x-ms-copy-status': 'failed' }],
    [202, { 'x-ms-copy-id': 'three', 'x-ms-copy-status': 'success' }],
  );
  await container.copy(SOURCE, 'to');
  t.is(server.asked.filter((line) => line.startsWith('PUT')).length, 3);

  const deleted = Array.from({ length: 5 }, (): [number, Record<string, string>?][] => [[202, pending('0/9')], [404]]);
  const never = await answering(t, ...deleted.flat());
  await t.throwsAsync(never.container.copy(SOURCE, 'to'), { message: /deleted or replaced by others 5 times/ });
});

test('a copy that the service gives up fails with its reason', async (t) => {
  const failed = { ...pending(''), 'x-ms-copy-status': 'failed', 'x-ms-copy-status-description': '500 no space' };
  const { container } = await answering(t, [202, pending('')], [200, failed]);
  await t.throwsAsync(container.copy(SOURCE, 'to'), { message: /failed: 500 no space/ });
});

test('a copy waits for that of another writer to the same key', async (t) => {
  const { server, container } = await answering(
    t,
    [409, { 'x-ms-error-code': 'PendingCopyOperation' }],
    [200, { ...pending('1/9'), 'x-ms-copy-id': 'other' }],
    [200, { 'x-ms-copy-id': 'other', 'x-ms-copy-status': 'success' }],
    [202, { 'x-ms-copy-id': 'one', 'x-ms-copy-status': 'success' }],
  );
  await container.copy(SOURCE, 'to');
  t.is(server.seen.length, 4);
});

test('a blob that a copy has not filled is not there', async (t) => {
  const headers = { ...pending('1/9'), etag: '"1"' };
  const { container } = await answering(t, [200, headers], [200, { ...headers, 'content-length': '4' }, 'part']);
  t.is(await container.head('to'), undefined);
  await t.throwsAsync(container.get('to', { start: 0, end: Infinity }), { message: /404/ });
});

const OTHER_TYPE = { 'x-ms-error-code': 'InvalidBlobType' };
const APPEND_BLOB = { etag: '"7"', 'content-length': '5', 'x-ms-blob-type': 'AppendBlob' };

test('an append blob of distribution is deleted before a block blob takes its key, unless it was replaced meanwhile', async (t) => {
  const { server, container } = await answering(
    t,
    [409, OTHER_TYPE],
    [200, APPEND_BLOB],
    [202],
    [201, { etag: '"8"' }],
  );
  t.is((await container.put('key', { content: [Buffer.from('new')] })).version, '"8"');
  t.deepEqual(
    server.asked.map((line) => line.split(' ')[0]),
    ['PUT', 'HEAD', 'DELETE', 'PUT'],
  );
  t.is(server.seen[2]?.headers['if-match'], '"7"');

  const copy = await answering(
    t,
    [409, OTHER_TYPE],
    [200, APPEND_BLOB],
    [412],
    [202, { 'x-ms-copy-status': 'success' }],
  );
  await copy.container.copy(SOURCE, 'key');
  t.is(copy.server.seen.length, 4);
});

const LIKE_OURS = { ...APPEND_BLOB, 'content-type': 'application/octet-stream' };

test('an append blob that has the bytes of a write already is kept, and one with other bytes is replaced', async (t) => {
  const object = { content: [Buffer.from('by'), Buffer.from('tes')] };
  const same = await answering(t, [409, OTHER_TYPE], [200, LIKE_OURS], [200, LIKE_OURS, 'bytes']);
  t.like(await same.container.put('key', object), { version: '"7"', size: 5 });
  t.deepEqual(
    same.server.asked.map((line) => line.split(' ')[0]),
    ['PUT', 'HEAD', 'GET'],
  );
  t.is(same.server.seen[2]?.headers['if-match'], '"7"');

  const damaged = await answering(
    t,
    [409, OTHER_TYPE],
    [200, LIKE_OURS],
    [200, LIKE_OURS, 'other'],
    [202],
    [201, { etag: '"8"' }],
  );
  t.is((await damaged.container.put('key', object)).version, '"8"');
  t.is(damaged.server.asked.at(-2), 'DELETE /layers/key');
});

test('the driver does not claim that a move never leaves a gap, so that a right layer is never replaced', async (t) => {
  await using driver = sampleDriver();
  t.false(driver.capabilities.atomicMove);
});

test('an append blob is not deleted when the condition of a write does not hold', async (t) => {
  for (const ifVersion of [ABSENT, '"6"'] as const) {
    const { server, container } = await answering(t, [409, OTHER_TYPE], [200, APPEND_BLOB]);
    await t.throwsAsync(container.put('key', { content: [], ifVersion }), { message: /412/ });
    t.is(server.seen.length, 2);
  }
});

test('blobs are deleted 256 in a request, and those that could not be are deleted one by one', async (t) => {
  const keys = Array.from({ length: 300 }, (_, at) => `key-${at}`);
  const part = (at: number, status: string) =>
    `--b\r\nContent-Type: application/http\r\nContent-ID: ${at}\r\n\r\nHTTP/1.1 ${status}\r\n\r\n`;
  const first = keys.slice(0, 256).map((_, at) => part(at, at === 9 ? '503 Server Busy' : '202 Accepted'));
  const second = keys.slice(256).map((_, at) => part(at, '404 The blob is gone\r\nx-ms-error-code: BlobNotFound'));
  const { server, bodies, container } = await answering(
    t,
    [202, {}, `${first.join('')}--b--\r\n`],
    [202],
    [202, {}, `${second.join('')}--b--\r\n`],
  );
  await container.deleteMany(keys);
  const batch = 'POST /layers?restype=container&comp=batch';
  t.deepEqual(server.asked, [batch, 'DELETE /layers/key-9', batch]);
  t.is(bodies[0]?.match(/^DELETE \/layers\/key-\d+ HTTP\/1\.1\r$/gm)?.length, 256);
  t.is(bodies[0]?.match(/^authorization: Bearer token\r$/gm)?.length, 256);
});

test('a service without batches deletes blobs one by one', async (t) => {
  const { server, container } = await answering(t, [400], [202], [404, { 'x-ms-error-code': 'BlobNotFound' }]);
  await container.deleteMany(['a', 'b']);
  t.deepEqual(server.asked.slice(1), ['DELETE /layers/a', 'DELETE /layers/b']);
});

test('a missing container is an error, and not an absent blob', async (t) => {
  const missing = { 'x-ms-error-code': 'ContainerNotFound' };
  const body = '<Error><Code>ContainerNotFound</Code><Message>It does not exist.</Message></Error>';
  const { container } = await answering(t, [404, missing], [404, missing], [404, missing, body]);
  await t.throwsAsync(container.head('key'), { message: /ContainerNotFound/ });
  await t.throwsAsync(container.delete('key'), { message: /ContainerNotFound/ });
  const error = await t.throwsAsync(container.get('key', { start: 0, end: Infinity }), {
    message: /layers is missing/,
  });
  t.false(hasStatus(error, 404));
});

test('an upload whose blocks the service has dropped is not found, and one that others have ended is a conflict', async (t) => {
  const { container } = await answering(t, [404], [404], [404], [404]);
  const upload = container.resumeUpload({ key: 'key', token: 'blocks-1' });
  const last = { chunks: [], start: 10, crc32c: 1, isChecked: true };
  const error = await t.throwsAsync(upload.complete(last), { code: 'not-found' });
  t.regex(String(error.cause), /drops them after a week/);
  await t.throwsAsync(upload.end(10), { code: 'not-found' });

  const ended = await answering(t, [404], [200, { etag: '"1"', 'content-length': '4' }]);
  await t.throwsAsync(ended.container.resumeUpload({ key: 'key', token: 'blocks-1' }).complete(last), {
    code: 'conflict',
  });
});

test('a service that cannot start a list at a name is asked once, and then for the whole list', async (t) => {
  const page = '<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>';
  const { server, container } = await answering(t, [400], [200, {}, page], [200, {}, page]);
  const query = { prefix: 'a/', after: 'a/b' };
  await container.list(query);
  await container.list(query);
  const whole = 'GET /layers?restype=container&comp=list&include=copy&prefix=a%2F';
  t.deepEqual(server.asked, [`${whole}&startFrom=a%2Fb`, whole, whole]);
  t.deepEqual(
    server.seen.map(({ headers }) => headers['x-ms-version']),
    ['2026-02-06', '2025-01-05', '2025-01-05'],
  );
});
