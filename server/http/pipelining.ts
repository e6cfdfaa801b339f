import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { HttpSocket as AnyHttpSocket } from './protocol-errors.ts';
import { TickQueue } from './tick-queue.ts';

/** A request as Node's parser passes it on. */
type ParsedRequest = IncomingMessage & { upgrade: boolean };

/** A socket as Node's HTTP server keeps it. */
type HttpSocket = AnyHttpSocket & {
  readonly _handle?: { reading: boolean; readStop: () => void } | null;
  readonly parser?: { onIncoming: (request: ParsedRequest, keepAlive: boolean) => number };
};

/** The return value that makes a parser stop after the headers, because another protocol follows. */
const STOP = 2;

/**
 * Lets a server answer the requests of a connection one after the other: a request that arrives while another one is
 * being answered is not started, and nothing more is read from its connection until that answer has been sent. Node would
 * start everything that fits in 64 KiB, thousands of requests, and would work on them even when their client is gone.
 *
 * Node's parser stops in the middle of a read only for an upgrade. So the second request is treated as one, which returns
 * the bytes after its headers; when its turn comes, headers and bytes go to a new parser as if they arrived then. Requests
 * that really ask for an upgrade take the same way, but lose that header, because this server knows no other protocol
 * (RFC 9110 section 7.8). All others cost one check more.
 *
 * @param server a server that does not listen yet
 */
export function answerOneByOne(server: Server): void {
  const event = server instanceof TlsServer ? 'secureConnection' : 'connection';
  // Node's own listener, which gives a socket its parser.
  const [attach] = server.listeners(event) as [(socket: Socket) => void];
  const turns = new TickQueue();
  const resume = (socket: HttpSocket, head: Buffer, rest: Buffer): void => {
    // Nothing is started for a client that is gone, or on a connection that is about to end.
    if (socket.destroyed || !socket.writable) return;
    socket.setTimeout(server.timeout);
    // A flowing socket would pass on the last bytes first.
    socket.pause();
    attach.call(server, socket);
    socket.off('error', ignore);
    stopAtSecond(socket);
    if (rest.byteLength > 0) socket.unshift(rest);
    socket.unshift(head);
    socket.resume();
  };
  server.on(event, stopAtSecond);
  server.on('upgrade', (request: IncomingMessage, socket: HttpSocket, rest: Buffer) => {
    const head = headOf(request);
    const response = socket._httpMessage;
    if (response) hold(server, socket, response, () => turns.add(() => resume(socket, head, rest)));
    else resume(socket, head, rest);
  });
}

/** Lets the parser of a connection stop after the headers of each request that has to wait. */
function stopAtSecond(socket: HttpSocket): void {
  const { parser } = socket;
  if (parser === undefined) return;
  const take = parser.onIncoming;
  parser.onIncoming = (request, keepAlive) => {
    const isFree = !socket._httpMessage;
    if (isFree && (!request.upgrade || request.method === 'CONNECT')) return take(request, keepAlive);
    request.upgrade = true;
    return STOP;
  };
}

/** Keeps a connection without a parser open, and reads nothing from it, until its answer is sent or it has ended. */
function hold(server: Server, socket: HttpSocket, response: ServerResponse, release: () => void): void {
  const endIfSilent = (): void => void server.emit('timeout', socket);
  const goOn = (): void => void (response.writableEnded || response.emit('drain'));
  socket.on('error', ignore).on('timeout', endIfSilent).on('drain', goOn);
  socket.pause();
  const { _handle: handle } = socket;
  if (handle) {
    handle.reading = false;
    handle.readStop();
  }
  response.once('close', () => {
    socket.off('timeout', endIfSilent).off('drain', goOn);
    release();
  });
}

/** A broken connection also emits `close`, which is handled. */
function ignore(): void {}

/** The bytes of a request's line and headers, without those that ask for another protocol. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    if (name.toLowerCase() !== 'upgrade') head += `${name}:${value}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}
