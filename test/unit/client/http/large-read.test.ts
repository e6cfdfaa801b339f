import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { type LargeRead, readLarge } from '../../../../client/http/large-read.ts';
import { digestOf } from '../../../../core/digest/digest.ts';
import { Digester } from '../../../../core/digest/digester.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';

const LIMITS = { connectMs: 30_000, answerMs: 30_000, readMs: 30_000 };

/** Asks a server that does with each connection what it is told, once the request has come. */
async function ask(
  t: ExecutionContext,
  serve: (socket: Socket, request: string) => unknown,
  options: Partial<LargeRead> = {},
): Promise<ReturnType<typeof readLarge>> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => void serve(socket, bytes.toString()));
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/a/blobs/b?c=d`);
  return readLarge({ url, headers: { accept: 'a/b' }, tls: {}, ...LIMITS, ...options });
}

function head(length: number, status = '200 OK', headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${length}\r\nX-Twice: 1\r\nx-twice: 2\r\n${headers}\r\n`;
}

test('a body of many megabytes arrives byte for byte, though its memory is used again', async (t) => {
  const bytes = randomBytes(30_000_000);
  let sent = '';
  const answer = await ask(t, (socket, request) => {
    sent = request;
    socket.write(head(bytes.byteLength));
    socket.end(bytes);
  });
  t.is(answer?.statusCode, 200);
  t.deepEqual(answer?.headers['x-twice'], ['1', '2']);
  const digester = new Digester();
  const memory = new Set<ArrayBufferLike>();
  for await (const chunk of answer?.body ?? []) {
    // Whoever still wrote into this memory would change what is hashed.
    await new Promise((resolve) => setImmediate(resolve));
    digester.update(chunk);
    memory.add(chunk.buffer);
  }
  t.is(digester.digest(), digestOf(bytes));
  t.true(memory.size <= 4, `${memory.size} pieces of memory`);
  t.regex(sent, /^GET \/v2\/a\/blobs\/b\?c=d HTTP\/1\.1\r\n/);
  t.regex(sent, /\r\naccept: a\/b\r\n/);
});

test('a head that arrives byte by byte, after others that only inform, is read', async (t) => {
  const answer = await ask(t, async (socket) => {
    socket.setNoDelay(true);
    for (const byte of `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${head(3)}abc`) {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const chunks: string[] = [];
  for await (const chunk of answer?.body ?? []) chunks.push(chunk.toString());
  t.is(chunks.join(''), 'abc');
});

test('bytes behind the end of the body are not read', async (t) => {
  const answer = await ask(t, (socket) => socket.write(`${head(3)}abcdef`));
  const chunks: string[] = [];
  for await (const chunk of answer?.body ?? []) chunks.push(chunk.toString());
  t.deepEqual(chunks, ['abc']);
});

test('the chunks of an error may be collected', async (t) => {
  const body = randomBytes(600_000).toString('hex');
  const answer = await ask(t, (socket) => socket.end(`${head(body.length, '404 Not Found')}${body}`));
  const chunks: Buffer[] = [];
  for await (const chunk of answer?.body ?? []) chunks.push(chunk);
  t.is(Buffer.concat(chunks).toString(), body);
});

for (const [what, text] of [
  ['a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ['two lengths', head(3, '200 OK', 'Content-Length: 4\r\n')],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc'],
  ['no length', 'HTTP/1.1 200 OK\r\n\r\nabc'],
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['a header that is none', 'HTTP/1.1 200 OK\r\nno header\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`],
] as const) {
  test(`an answer with ${what} is left to others`, async (t) => {
    t.is(await ask(t, (socket) => socket.write(text)), undefined);
  });
}

test('a header that would end its line is not sent', async (t) => {
  const headers = { authorization: 'Bearer x\r\nX-Other: y' };
  t.is(await ask(t, () => t.fail(), { headers }), undefined);
});

test('a connection that ends early is an error, after the bytes that came', async (t) => {
  const answer = await ask(t, (socket) => socket.end(`${head(10)}abc`));
  const chunks: string[] = [];
  const error = await t.throwsAsync(async () => {
    for await (const chunk of answer?.body ?? []) chunks.push(chunk.toString());
  });
  t.is((error as NodeJS.ErrnoException).code, 'UND_ERR_SOCKET');
  t.deepEqual(chunks, ['abc']);
  await t.throwsAsync(ask(t, (socket) => socket.destroy()));
});

test('silence ends by the limits, and a slow reader does not', async (t) => {
  await t.throwsAsync(
    ask(t, () => undefined, { answerMs: 20 }),
    { code: 'UND_ERR_HEADERS_TIMEOUT' },
  );
  const answer = await ask(t, (socket) => socket.write(`${head(6)}abc`), { readMs: 20 });
  let count = 0;
  const error = await t.throwsAsync(async () => {
    for await (const chunk of answer?.body ?? []) {
      count += chunk.byteLength;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });
  t.is((error as NodeJS.ErrnoException).code, 'UND_ERR_BODY_TIMEOUT');
  t.is(count, 3);
});

test('a signal ends a read with its reason, before and in the middle of the body', async (t) => {
  const reason = new Error('Ctrl-C');
  const first = new AbortController();
  const waiting = ask(t, () => first.abort(reason), { signal: first.signal });
  t.is(await t.throwsAsync(waiting), reason);
  const second = new AbortController();
  const answer = await ask(t, (socket) => socket.write(`${head(6)}abc`), { signal: second.signal });
  const error = await t.throwsAsync(async () => {
    for await (const _ of answer?.body ?? []) second.abort(reason);
  });
  t.is(error, reason);
  await t.throwsAsync(
    ask(t, () => t.fail(), { signal: AbortSignal.abort(reason) }),
    { is: reason },
  );
});

testWithCertificates('a body comes over TLS, from a host that is trusted only', async (t, { certificates }) => {
  const authority = await certificates.make('authority', 'authority');
  const { certFile, keyFile } = await certificates.make('localhost', 'server', authority);
  const [cert, key, ca] = await Promise.all(
    [certFile, keyFile, authority.certFile].map((file) => readFile(file, 'utf8')),
  );
  const bytes = randomBytes(20_000_000);
  const server = createTlsServer({ cert, key }, (socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(head(bytes.byteLength));
      socket.end(bytes);
    });
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const url = new URL(`https://localhost:${(server.address() as AddressInfo).port}/`);
  const answer = await readLarge({ url, headers: {}, tls: { ca }, ...LIMITS });
  const digester = new Digester();
  for await (const chunk of answer?.body ?? []) {
    digester.update(chunk.subarray(0, 1000));
    // As long as a write to a disk: records that come meanwhile must not change what the reader still has.
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    digester.update(chunk.subarray(1000));
  }
  t.is(digester.digest(), digestOf(bytes));
  await t.throwsAsync(readLarge({ url, headers: {}, tls: {}, ...LIMITS }));
});
