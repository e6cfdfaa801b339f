import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { formatErrorBody } from '../../core/api/error-body.ts';
import type { Logger } from '../../core/ports/logger.ts';

/** An answer to a request that HTTP itself forbids: the application never sees it. */
export interface ProtocolError {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * @param reason what is wrong, for the client
 * @param message what clients show of it; docker shows no reasons
 */
export function createProtocolError(reason: string, message = 'the request could not be parsed'): ProtocolError {
  const requestId = randomUUID();
  const body = formatErrorBody([{ code: 'UNSUPPORTED', known: true, message, detail: { reason } }], requestId);
  const headers = {
    'Docker-Distribution-Api-Version': 'registry/2.0',
    'X-Request-Id': requestId,
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  return { requestId, headers, body };
}

/** Headers that may come once only; of two, each server and proxy on the way may believe another one. */
const SINGLE: ReadonlySet<string> = new Set(['host', 'authorization', 'content-type', 'content-range', 'range']);
/** RFC 9110 section 7.2, without the comma, which is what becomes of two lines, and without percent-encoding. */
const HOST = /^[\w.~!$&'()*+;=:[\]-]*$/;
/** No client needs more lines than this. */
const MAX_HEADER_LINES = 1_000;

/** What is wrong with a request, and the status that HTTP demands. */
export interface ProtocolProblem {
  readonly status: number;
  readonly reason: string;
}

/**
 * Why HTTP forbids a request; `undefined` for all others. Node's parser has refused most of them before; this finds those
 * that it accepts and that a proxy in front of the registry may understand in another way.
 */
export function protocolProblem(request: IncomingMessage): ProtocolProblem | undefined {
  const { headers, rawHeaders, httpVersionMajor, httpVersionMinor, url = '' } = request;
  const bad = (reason: string): ProtocolProblem => ({ status: 400, reason });
  if (httpVersionMajor !== 1) return bad('this server speaks HTTP/1.1');
  if (rawHeaders.length > MAX_HEADER_LINES * 2) {
    return { status: 431, reason: `a request has at most ${MAX_HEADER_LINES} lines of headers` };
  }
  const repeated = repeatedHeader(rawHeaders);
  if (repeated !== undefined) return bad(`the header ${repeated} must not be sent twice`);
  // RFC 9112 section 3.2.
  const { host } = headers;
  if (httpVersionMinor >= 1 && host === undefined) return bad('an HTTP/1.1 request must name its Host');
  if (host !== undefined && !HOST.test(host)) return bad('the Host is not a name with a port');
  if (!url.startsWith('/') && !namesHost(url, host)) return bad('the target names another host than the header Host');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && (httpVersionMinor === 0 || coding.toLowerCase() !== 'chunked')) {
    // RFC 9112 section 6.1. No client sends another coding.
    return bad('the only supported Transfer-Encoding is "chunked", and only in HTTP/1.1');
  }
  // RFC 9110 section 10.1.1.
  const { expect } = headers;
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return {
    status: 417,
    reason: `the expectation ${JSON.stringify(expect.slice(0, 64))} is not supported; 100-continue is`,
  };
}

/** A header that may come once only and came more often. */
function repeatedHeader(rawHeaders: readonly string[]): string | undefined {
  const seen: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!SINGLE.has(name)) continue;
    if (seen.includes(name)) return name;
    seen.push(name);
  }
  return undefined;
}

/** Whether a target in absolute form names the same host as the header does (RFC 9112 section 3.2.2). */
function namesHost(target: string, host: string | undefined): boolean {
  const authority = /^https?:\/\/([^/?#]*)/i.exec(target)?.[1];
  return authority === undefined || host === undefined || authority.toLowerCase() === host.toLowerCase();
}

/**
 * Answers a request that HTTP forbids, see {@link protocolProblem}, ends its connection and logs why.
 * @returns whether it did; `false` for all other requests
 */
export function refuseForbidden(request: IncomingMessage, response: ServerResponse, log: Logger): boolean {
  const problem = protocolProblem(request);
  if (problem === undefined) return false;
  const { requestId, headers, body } = createProtocolError(problem.reason);
  log.info({ requestId, reason: problem.reason }, 'a request was rejected');
  response.writeHead(problem.status, headers);
  response.end(body);
  return true;
}

/** A socket with the response that is being sent on it, as Node keeps it. */
export type HttpSocket = Socket & { readonly _httpMessage?: ServerResponse | null };

/** How long a client may take to read why it was refused, in milliseconds. */
const FAREWELL_MS = 2_000;

/**
 * Answers on a connection whose request cannot be completed, in place of its handler, and ends the connection.
 * @param status code and phrase
 * @param message what clients show of it, unless they are told only that the request could not be read
 * @returns the ID of the request; `undefined` when it was too late for an answer
 */
export function refuseConnection(
  socket: HttpSocket,
  status: string,
  reason: string,
  message?: string,
): string | undefined {
  // In the middle of an answer, new headers would become part of its body.
  if (!socket.writable || socket._httpMessage?.headersSent === true) {
    socket.destroy();
    return undefined;
  }
  const { requestId, headers, body } = createProtocolError(reason, message);
  const head = [`HTTP/1.1 ${status}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // A handler may be waiting for a body that can no longer arrive, and holds its upload meanwhile.
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  socket.once('close', () => clearTimeout(timer));
  return requestId;
}
