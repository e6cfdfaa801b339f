import test, { type ExecutionContext } from 'ava';
import { parseErrorBody } from '../../../../core/api/error-body.ts';
import { FAULT_INJECTING_PLUGIN, newFaults } from '../../../helpers/drivers/fault-injecting-plugin.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { type RegistryOptions, withRegistry } from '../../../helpers/http/with-registry.ts';

/** Sends bytes and returns the answer as text, once the registry has closed the connection. */
async function exchange(t: ExecutionContext, bytes: string, options?: RegistryOptions): Promise<string> {
  const registry = await withRegistry(t, options);
  const connection = await RawConnection.open(t, registry);
  connection.send(bytes);
  return connection.untilClosed();
}

function assertRefusal(t: ExecutionContext, received: string, status: number): void {
  t.is(Number(/^HTTP\/1\.1 (\d+) /.exec(received)?.[1]), status, received);
  const body = received.slice(received.indexOf('\r\n\r\n') + 4);
  t.is(parseErrorBody(body)[0]?.code, 'UNSUPPORTED', received);
  const id = /\r\nX-Request-Id: (.*)\r\n/i.exec(received)?.[1];
  t.is((JSON.parse(body) as { requestId: unknown }).requestId, id);
}

const MALFORMED: [string, string][] = [
  ['no HTTP at all', 'nonsense\r\n\r\n'],
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a control character in the path', 'GET /v2/\x01 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a header without a name', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n: x\r\n\r\n'],
  ['two lengths', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  ['a negative length', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
  [
    'a length and chunks',
    'PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['an unknown version', 'GET /v2/ HTTP/9.9\r\nHost: x\r\n\r\n'],
  ['HTTP/0.9', 'GET /v2/\r\n\r\n'],
  ['HTTP/2 in the words of HTTP/1', 'GET /v2/ HTTP/2.0\r\nHost: x\r\n\r\n'],
  ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nHost: x:443\r\n\r\n'],
  ['a target of another host', 'GET http://y/v2/ HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['a target with a user', 'GET http://x@y/v2/ HTTP/1.1\r\nHost: y\r\n\r\n'],
  ...['x y', 'x/y', 'x@y', 'x,y', 'x?y', '\xe9'].map((host): [string, string] => [
    `the host ${host}`,
    `GET /v2/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  ]),
  ...[
    'gzip, chunked',
    'gzip',
    'identity',
    'chunked, chunked',
    'chunked, identity',
    'xchunked',
    'chunked;a=b',
    '',
    '\x0bchunked',
  ].map((coding): [string, string] => [
    `the transfer coding ${JSON.stringify(coding)}`,
    `PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ${coding}\r\n\r\n0\r\n\r\n`,
  ]),
  ['chunks in HTTP/1.0', 'PUT /v2/ HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  [
    'two transfer codings',
    'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
  ],
  ...[
    ['Host', 'x'],
    ['host', 'y'],
    ['Authorization', 'Basic YTpi'],
    ['Content-Length', '0'],
    ['Content-Type', 'a/b'],
    ['Content-Range', '0-1'],
    ['Range', 'bytes=0-1'],
  ].map(([name, value]): [string, string] => [
    `the header ${name} twice`,
    `GET /v2/ HTTP/1.1\r\nHost: x\r\n${`${name}: ${value}\r\n`.repeat(2)}\r\n`,
  ]),
  ...['5, 5', '+5', '0x5', '5 5', '', '99999999999999999999'].map((length): [string, string] => [
    `the length ${JSON.stringify(length)}`,
    `PUT /v2/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n\r\nhello`,
  ]),
  ['a folded header', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n'],
  ['a space before the colon', 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  ['lines that end without CR', 'GET /v2/ HTTP/1.1\nHost: x\n\n'],
  ['a header that ends without CR', 'GET /v2/ HTTP/1.1\r\nHost: x\nX: a\r\n\r\n'],
  ['a head that ends without CR', 'GET /v2/ HTTP/1.1\r\nHost: x\r\n\n'],
  ['a header with a CR', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\rY: b\r\n\r\n'],
  ['a header with a NUL', 'GET /v2/ HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n'],
];

for (const [what, bytes] of MALFORMED) {
  test(`${what} is answered 400`, async (t) => assertRefusal(t, await exchange(t, bytes), 400));
}

test('a request head that is too large is answered 431', async (t) => {
  const received = await exchange(t, `GET /v2/ HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`);
  assertRefusal(t, received, 431);
});

test('more header lines than any client sends are answered 431, and a thousand are accepted', async (t) => {
  const head = (lines: number): string =>
    `GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${'a:\r\n'.repeat(lines)}\r\n`;
  assertRefusal(t, await exchange(t, head(16_000)), 431);
  t.regex(await exchange(t, head(998)), /^HTTP\/1\.1 200 /);
});

test('a target with the host of the header counts as its path', async (t) => {
  const received = await exchange(t, 'GET http://X:80/v2/ HTTP/1.1\r\nHost: x:80\r\nConnection: close\r\n\r\n');
  t.regex(received, /^HTTP\/1\.1 200 /);
});

test('a request that asks for another protocol is answered in this one, and so is the next request', async (t) => {
  const upgrade =
    'GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n\r\n';
  const last = 'GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const received = await exchange(t, upgrade.repeat(3) + last);
  t.is(received.split('HTTP/1.1 200 OK').length - 1, 4, received);
});

test('a bearer token of 60 KiB is not too large', async (t) => {
  const registry = await withRegistry(t);
  const headers = { Authorization: `Bearer ${'x'.repeat(60 * 1024)}` };
  t.is((await registry.ask('GET', '/v2/', { headers })).status, 200);
});

test('a request without a host is answered 400', async (t) => {
  const received = await exchange(t, 'GET /v2/ HTTP/1.1\r\n\r\n');
  assertRefusal(t, received, 400);
  t.regex(received, /must name its Host/);
});

test('an unknown expectation is answered 417', async (t) => {
  const received = await exchange(t, 'PUT /v2/ HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nContent-Length: 5\r\n\r\n');
  assertRefusal(t, received, 417);
  t.regex(received, /wonders/);
});

test('a request of HTTP/1.0 is answered, and the connection ends', async (t) => {
  const received = await exchange(t, 'GET /v2/ HTTP/1.0\r\n\r\n');
  t.regex(received, /^HTTP\/1\.1 200 /);
  t.true(received.endsWith('\r\n\r\n{}'));
});

test('a head that does not end within its time is answered 408', async (t) => {
  assertRefusal(
    t,
    await exchange(t, 'GET /v2/ HTTP/1.1\r\nHost: x\r\n', { http: { timeouts: { headers: '100ms' } } }),
    408,
  );
});

test('a connection without a byte is closed', async (t) => {
  const registry = await withRegistry(t, { http: { timeouts: { idle: '100ms' } } });
  const connection = await RawConnection.open(t, registry);
  t.is(await connection.untilClosed(), '');
});

test('a body that stops in the middle ends the connection and leaves its upload to be continued', async (t) => {
  const registry = await withRegistry(t, { http: { timeouts: { idle: '1s' } } });
  const location = await registry.startUpload('app');
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`PATCH ${location} HTTP/1.1`, 'Content-Length: 100');
  connection.send('abcde');
  t.is(await connection.untilClosed(), '');
  t.is((await registry.ask('GET', location)).headers.range, '0-4');
});

test('a body that trickles in ends with 408 and leaves its upload to be continued', async (t) => {
  const registry = await withRegistry(t, { http: { timeouts: { idle: '1s' } } });
  const location = await registry.startUpload('app');
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`PATCH ${location} HTTP/1.1`, 'Content-Length: 100000');
  const trickle = setInterval(() => connection.send('a'), 100);
  t.teardown(() => clearInterval(trickle));
  assertRefusal(t, await connection.untilClosed(), 408);
  t.regex(connection.received, /too slowly/);
  const { range = '' } = (await registry.ask('GET', location)).headers;
  t.regex(String(range), /^0-[1-9]\d*$/);
});

test('bodies that stop in the middle leave memory for others, and a short one is accepted', async (t) => {
  const registry = await withRegistry(t);
  const stalled = await Promise.all(Array.from({ length: 24 }, () => RawConnection.open(t, registry)));
  for (const [index, connection] of stalled.entries()) {
    connection.sendHead(`PUT /v2/app/manifests/t${index} HTTP/1.1`, `Content-Length: ${4 * 1024 * 1024}`);
    connection.send(Buffer.alloc(4 * 1024 * 1024 - 1, ' '));
  }
  const refused = stalled.map((connection) => connection.until(/^HTTP\/1\.1 503 [^]*\r\nRetry-After: \d+\r\n/));
  await Promise.any(refused);
  t.is((await registry.ask('GET', '/v2/')).status, 200);
  await t.notThrowsAsync(registry.pushImage('app', 'short'));
  for (const { socket } of stalled) socket.destroy();
  const large = await registry.ask('PUT', '/v2/app/manifests/large', { body: Buffer.alloc(4 * 1024 * 1024, ' ') });
  t.true([400, 503].includes(large.status), large.text);
});

test('a client that does not read its blob is cut off', async (t) => {
  const { name, faults } = newFaults();
  const storage = { [FAULT_INJECTING_PLUGIN]: { faults: name } };
  const patient = await withRegistry(t, { storage });
  const registry = await withRegistry(t, { storage, http: { timeouts: { idle: '1s' } } });
  const digest = await patient.pushBlob('app', Buffer.alloc(64 * 1024 * 1024));
  const connection = await RawConnection.open(t, registry);
  connection.sendHead(`GET /v2/app/blobs/${digest} HTTP/1.1`);
  await connection.until(/^HTTP\/1\.1 200 /);
  connection.socket.pause();
  while (faults.openReaders > 0) await patient.ask('GET', '/v2/');
  connection.socket.resume();
  t.true((await connection.untilClosed()).length < 64 * 1024 * 1024);
});

test('a connection that waits for its next request is ended after the keep-alive time', async (t) => {
  const registry = await withRegistry(t, { http: { timeouts: { keepalive: '100ms' } } });
  const connection = await RawConnection.open(t, registry);
  connection.sendHead('GET /v2/ HTTP/1.1');
  t.regex(await connection.untilClosed(), /\{\}$/);
});
