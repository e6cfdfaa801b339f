import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '../../core/ports/logger.ts';
import { type HttpSocket, refuseConnection } from './protocol-errors.ts';

/** A client that does not stop would otherwise fill the log. */
const SILENT_MS = 60_000;
/** RFC 8446 section 5.1: a record of the type handshake, whose version begins with 3. */
const HANDSHAKE = [0x16, 0x03] as const;

const TLS_TO_PLAIN_PORT = {
  answer:
    'this port serves plain HTTP, but the client began a TLS handshake; use http://, or insecure-registries in docker',
  log: 'a client began TLS on a port that serves plain HTTP; unless it falls back by itself, let it use http:// (docker: "insecure-registries"), or set http.tls',
} as const;
const HTTP_TO_TLS_PORT = {
  // As servers in Go say it: clients look for these words.
  answer: 'client sent an HTTP request to an HTTPS server; use https://',
  log: 'a client sent plain HTTP to a port that serves TLS; let it use https://',
} as const;

/** Whether an error of Node's HTTP parser means that a client has begun a TLS handshake. */
export function isTlsHandshake(error: Error & { readonly rawPacket?: Uint8Array }): boolean {
  return error.rawPacket?.[0] === HANDSHAKE[0] && error.rawPacket[1] === HANDSHAKE[1];
}

/** Whether a TLS handshake has failed because the client sent an HTTP request instead. */
export function isPlainRequest(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ERR_SSL_HTTP_REQUEST';
}

/**
 * Tells clients that speak TLS to a plain port, or plain HTTP to a TLS port, what is wrong, in an HTTP response. Logs the
 * first one at once, then at most one line a minute with the number of clients since. Clients on this machine try both
 * protocols as a matter of course, so a line about them is no warning.
 */
export class WrongProtocol {
  readonly #log: Logger;
  #clients = 0;
  #silentUntil = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Answers a TLS handshake on a plain port. Clients written in Go recognize an HTTP response, and say so. */
  refuseTls(socket: HttpSocket): void {
    this.#refuse(socket, TLS_TO_PLAIN_PORT);
  }

  /** Answers a plain request on a TLS port. */
  refusePlain(socket: TLSSocket): void {
    const raw = (socket as TLSSocket & { readonly _parent?: Socket })._parent;
    if (raw !== undefined) this.#refuse(raw, HTTP_TO_TLS_PORT);
  }

  #refuse(socket: HttpSocket, { answer, log }: { readonly answer: string; readonly log: string }): void {
    const remote = socket.remoteAddress;
    const requestId = refuseConnection(socket, '400 Bad Request', answer, answer);
    this.#clients += 1;
    const now = performance.now();
    if (now < this.#silentUntil) return;
    this.#log[isLocal(remote) ? 'info' : 'warn']({ requestId, remote, count: this.#clients }, log);
    this.#clients = 0;
    this.#silentUntil = now + SILENT_MS;
  }
}

function isLocal(remote = ''): boolean {
  return remote === '::1' || /^(?:::ffff:)?127\./.test(remote);
}
