import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { connect } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import type { Logger } from '../../../../core/ports/logger.ts';
import { listen, localUrl } from '../../../../server/http/listen.ts';
import { createNodeServer, type HttpTimeouts } from '../../../../server/http/node-server.ts';
import { RawConnection } from '../../../helpers/http/raw-connection.ts';
import { testWithCertificates } from '../../../helpers/http/test-with-certificates.ts';
import { withRegistry } from '../../../helpers/http/with-registry.ts';
import { startTlsRegistry } from './tls-registry.ts';

type Exchange = [IncomingMessage, ServerResponse];

/** A server whose requests a test answers itself. */
class ManualServer {
  readonly address: string;
  readonly #exchanges: Exchange[];
  readonly #arrived: () => Promise<void>;

  constructor(address: string, exchanges: Exchange[], arrived: () => Promise<void>) {
    this.address = address;
    this.#exchanges = exchanges;
    this.#arrived = arrived;
  }

  static async start(t: ExecutionContext, timeouts: Partial<HttpTimeouts> = {}): Promise<ManualServer> {
    const exchanges: Exchange[] = [];
    let arrived = Promise.withResolvers<void>();
    const ignore = (): void => undefined;
    const log: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
    const { server, connections } = createNodeServer(
      (...exchange) => {
        exchanges.push(exchange);
        arrived.resolve();
        arrived = Promise.withResolvers();
      },
      { timeouts: { headersMs: 60_000, idleMs: 60_000, keepAliveMs: 60_000, ...timeouts }, log },
    );
    await listen(server, { host: '127.0.0.1', port: 0 });
    t.teardown(async () => {
      server.close();
      await connections.ended(0);
    });
    return new ManualServer(localUrl(server, 'http'), exchanges, () => arrived.promise);
  }

  /** How many requests were begun. */
  get begun(): number {
    return this.#exchanges.length;
  }

  /** Waits until a request is begun; the first one is 0. */
  async request(index: number): Promise<Exchange> {
    for (;;) {
      const exchange = this.#exchanges[index];
      if (exchange !== undefined) return exchange;
      await this.#arrived();
    }
  }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: registry\r\n\r\n`;

/** As many requests, of all shapes, as fill many reads of a socket; the last one ends the connection. */
function manyRequests(count: number): string {
  const requests = Array.from({ length: count }, (_, index) => {
    const head = `/none/${index} HTTP/1.1\r\nHost: registry\r\n`;
    if (index % 3 === 1) return `POST ${head}Content-Length: 7\r\n\r\nGET / H`;
    if (index % 5 === 2) return `PUT ${head}Transfer-Encoding: chunked\r\n\r\n3\r\nGET\r\n0\r\n\r\n`;
    if (index % 7 === 3) return `GET ${head}Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n`;
    return `GET ${head}\r\n`;
  });
  return `${requests.join('')}GET /none/${count} HTTP/1.1\r\nHost: registry\r\nConnection: close\r\n\r\n`;
}

function assertAllAnswered(t: ExecutionContext, received: string, count: number): void {
  const answered = [...received.matchAll(/"path":"\/none\/(\d+)"/g)].map(([, index]) => Number(index));
  t.deepEqual(answered, [...Array(count + 1).keys()]);
}

test('thousands of requests that come at once are all answered in order', async (t) => {
  const connection = await RawConnection.open(t, await withRegistry(t));
  connection.send(manyRequests(1_500));
  assertAllAnswered(t, await connection.untilClosed(), 1_500);
});

test('requests that come byte by byte while others are answered are all answered in order', async (t) => {
  const connection = await RawConnection.open(t, await withRegistry(t));
  for (const byte of Buffer.from(manyRequests(40))) {
    connection.send(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assertAllAnswered(t, await connection.untilClosed(), 40);
});

testWithCertificates(
  'over TLS, thousands of requests that come at once are all answered',
  async (t, { folder, certificates }) => {
    await certificates.make('server', 'server');
    const { port } = await startTlsRegistry(t, folder, '{certificate: server.pem, key: server.key}');
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
    t.teardown(() => socket.destroy());
    await once(socket, 'secureConnect');
    const connection = new RawConnection(socket);
    connection.send(manyRequests(1_500));
    assertAllAnswered(t, await connection.untilClosed(), 1_500);
  },
);

test('a request is not begun while another one of its connection is answered, and nothing more is read', async (t) => {
  const server = await ManualServer.start(t);
  const connection = await RawConnection.open(t, server);
  connection.send(get('/first') + get('/second').repeat(1_000));
  const [{ socket }, response] = await server.request(0);
  response.write('some');
  await connection.until(/some/);
  // Other connections continue.
  const other = await RawConnection.open(t, server);
  other.send(get('/other'));
  (await server.request(1))[1].end('other');
  await other.until(/other/);
  const { bytesRead } = socket;
  // More than the system would buffer for a server that does not read.
  let taken = 0;
  while (connection.socket.write(Buffer.from(get('/third').repeat(1_000)))) taken += 1;
  other.send(get('/other'));
  (await server.request(2))[1].end('again');
  await other.until(/again/);
  t.is(server.begun, 3);
  t.true(socket.bytesRead - bytesRead <= 64 * 1024, `${taken} ${socket.bytesRead - bytesRead}`);
  response.end();
  t.is((await server.request(3))[0].url, '/second');
});

test('no request is begun for a client that has gone', async (t) => {
  const server = await ManualServer.start(t);
  const connection = await RawConnection.open(t, server);
  connection.send(get('/first').repeat(1_000));
  const [{ socket }, response] = await server.request(0);
  connection.socket.resetAndDestroy();
  while (!socket.closed) {
    response.write('some');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const other = await RawConnection.open(t, server);
  other.send(get('/other'));
  await server.request(1);
  t.is(server.begun, 2);
});

test('no request is begun after an answer that closes its connection', async (t) => {
  const server = await ManualServer.start(t);
  const connection = await RawConnection.open(t, server);
  connection.send(get('/first').repeat(1_000));
  const [, response] = await server.request(0);
  response.setHeader('Connection', 'close');
  response.end('last');
  t.regex(await connection.untilClosed(), /last$/);
  t.is(server.begun, 1);
});

test('an answer that waits for its client to read continues although another request waits for it', async (t) => {
  const server = await ManualServer.start(t);
  const connection = await RawConnection.open(t, server);
  connection.send(get('/first') + get('/second'));
  const [, response] = await server.request(0);
  const size = 16 * 1024 * 1024;
  response.setHeader('Content-Length', size);
  Readable.from(
    Array.from({ length: 64 }, () => Buffer.alloc(size / 64, 'b')),
    { objectMode: false },
  ).pipe(response);
  (await server.request(1))[1].end('second');
  const { length } = await connection.until(/second/).then(() => connection.received);
  t.true(length > size);
});

test('a client that reads no answer while its next request waits is cut off after the idle time', async (t) => {
  const server = await ManualServer.start(t, { idleMs: 500 });
  const connection = await RawConnection.open(t, server);
  connection.socket.pause();
  connection.send(get('/first') + get('/second'));
  const [{ socket }, response] = await server.request(0);
  const closed = once(socket, 'close');
  response.write(Buffer.alloc(64 * 1024 * 1024));
  await closed;
  t.is(server.begun, 1);
});

test('a client that waits for an answer with its next request sent is not cut off', async (t) => {
  const server = await ManualServer.start(t, { idleMs: 100, headersMs: 100 });
  const connection = await RawConnection.open(t, server);
  connection.send(get('/first') + get('/second'));
  const [, response] = await server.request(0);
  await new Promise((resolve) => setTimeout(resolve, 400));
  response.end('first');
  (await server.request(1))[1].end('second');
  await connection.until(/first[^]*second/);
  t.pass();
});
