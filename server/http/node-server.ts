import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Logger } from '../../core/ports/logger.ts';
import { guardHandshakes } from './client-certificates.ts';
import { Connections } from './connections.ts';
import { answerOneByOne } from './pipelining.ts';
import { type HttpSocket, refuseConnection, refuseForbidden } from './protocol-errors.ts';
import { expectContinue } from './request-body.ts';
import type { TlsMaterial } from './tls.ts';
import { isTlsHandshake, WrongProtocol } from './wrong-protocol.ts';

/** How long clients may be silent, in milliseconds. Transfers have no limit: layers are large and networks slow. */
export interface HttpTimeouts {
  /** Until all headers of a request have arrived. */
  readonly headersMs: number;
  /** Without a byte in the middle of a request. */
  readonly idleMs: number;
  /** Between two requests of a connection; clients keep connections for up to two minutes. */
  readonly keepAliveMs: number;
}

/** What a server needs in addition to its listener. */
export interface ServerOptions {
  readonly timeouts: HttpTimeouts;
  /** Absent: plain HTTP. */
  readonly tls?: TlsMaterial | undefined;
  readonly log: Logger;
  /** How many file handles connections may take, together with what their requests open; no limit unless given. */
  readonly maxHandles?: number;
}

/** A server that does not listen yet, and its connections. */
export interface NodeServer {
  readonly server: Server;
  readonly connections: Connections;
}

/** Bearer tokens with many scopes are larger than the 16 KiB that Node allows. */
const MAX_HEADER_BYTES = 64 * 1024;
/** How many bytes may wait in a socket's queue; with the default, large bodies stop and start. */
const STREAM_BUFFER_BYTES = 256 * 1024;
const CHECK_INTERVAL_MS = 5_000;

/** A server whose limits fit a registry; Node's own would end every upload after five minutes. */
export function createNodeServer(
  listener: RequestListener,
  { timeouts, tls, log, maxHandles }: ServerOptions,
): NodeServer {
  const options = {
    requestTimeout: 0,
    headersTimeout: timeouts.headersMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    // 0 means no limit, and then nothing needs frequent checks.
    connectionsCheckingInterval: Math.min(CHECK_INTERVAL_MS, timeouts.headersMs || CHECK_INTERVAL_MS),
    maxHeaderSize: MAX_HEADER_BYTES,
    highWaterMark: STREAM_BUFFER_BYTES,
    noDelay: true,
    // Node would refuse without a reason.
    requireHostHeader: false,
  };
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    connections.begin(request.socket, response);
    if (!refuseForbidden(request, response, log)) listener(request, response);
  };
  const server =
    tls === undefined ? createServer(options, serve) : createTlsServer({ ...options, ...tls.options }, serve);
  const connections = new Connections(server, maxHandles);
  answerOneByOne(server);
  // Node would silently drop headers past a limit, a Content-Length as well.
  server.maxHeadersCount = 0;
  const wrongProtocol = new WrongProtocol(log);
  if (tls !== undefined) guardHandshakes(server, tls.clientAuth, { log, wrongProtocol });
  server.timeout = timeouts.idleMs;
  server.on('timeout', endIfClientIsSilent);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    expectContinue(request);
    serve(request, response);
  });
  server.on('checkExpectation', serve);
  // Without a listener Node would end the connection without an answer.
  server.on('connect', (_: IncomingMessage, socket: HttpSocket) => {
    socket.on('error', () => undefined);
    if (socket._httpMessage) socket.destroy();
    else refuseConnection(socket, '400 Bad Request', 'CONNECT is for proxies');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (tls === undefined && isTlsHandshake(error)) wrongProtocol.refuseTls(socket);
    else refuse(error, socket, log);
  });
  return { server, connections };
}

// Node would also end a connection while the server is still working on its request.
function endIfClientIsSilent(socket: HttpSocket): void {
  const response = socket._httpMessage;
  const working = response?.req.complete === true && !response.writableEnded && socket.writableLength === 0;
  if (!working) socket.destroy();
}

const STATUS_OF: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

// What the parser refuses never reaches Koa; it still gets an answer that says what was wrong.
function refuse(error: NodeJS.ErrnoException, socket: HttpSocket, log: Logger): void {
  if (error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const reason = error.code ?? error.message;
  const requestId = refuseConnection(socket, STATUS_OF[error.code ?? ''] ?? '400 Bad Request', reason);
  if (requestId === undefined) return;
  log.info({ requestId, reason, remote: socket.remoteAddress }, 'a request could not be parsed');
}
