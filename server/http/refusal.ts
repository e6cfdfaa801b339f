import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatErrorBody } from '../../core/api/error-body.ts';

/** An answer to a request that never becomes one: what HTTP itself forbids is refused before the application sees it. */
export interface Refusal {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param reason what was wrong, for the client */
export function createRefusal(reason: string): Refusal {
  const requestId = randomUUID();
  const message = 'the request could not be read';
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

/**
 * Why HTTP forbids a request, with the status that it asks for; `undefined` for all others. Node would answer both
 * without a body.
 */
export function protocolProblem(request: IncomingMessage): { status: number; reason: string } | undefined {
  const { headers, httpVersionMajor, httpVersionMinor } = request;
  // RFC 9112 section 3.2.
  const needsHost = httpVersionMajor === 1 && httpVersionMinor >= 1;
  if (needsHost && headers.host === undefined)
    return { status: 400, reason: 'a request of HTTP/1.1 must name its Host' };
  // RFC 9110 section 10.1.1.
  const { expect } = headers;
  if (expect === undefined || expect.toLowerCase() === '100-continue') return undefined;
  return {
    status: 417,
    reason: `the expectation ${JSON.stringify(expect.slice(0, 64))} is not known; 100-continue is`,
  };
}

/** Answers with a refusal and ends the connection. */
export function sendRefusal(response: ServerResponse, status: number, { headers, body }: Refusal): void {
  response.writeHead(status, headers);
  response.end(body);
}
