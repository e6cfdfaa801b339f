import { once } from 'node:events';
import {
  type Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as plainRequest,
} from 'node:http';
import { request as tlsRequest } from 'node:https';
import { secret, secretAnswer, secretHeader } from '../secrets/known-secrets.ts';
import { checkForSecrets } from '../secrets/watched-output.ts';

/** A request to send, byte for byte. */
export interface Ask {
  readonly headers?: OutgoingHttpHeaders;
  /** Bytes are sent with Content-Length, an iterable in chunks. Default: no body. */
  readonly body?: Uint8Array | string | AsyncIterable<Uint8Array> | undefined;
  readonly agent?: Agent | undefined;
}

/** The target server. */
export interface Target {
  /** For example `http://127.0.0.1:5000`, `https://…` or `unix:/path`. */
  readonly address: string;
  /** The certificate to trust. */
  readonly ca?: string | undefined;
}

/** A complete answer. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** Opens a request whose body the caller writes. */
export function openRequest(target: Target, method: string, path: string, { headers = {}, agent }: Ask = {}) {
  const { address, ca } = target;
  secretHeader(headers['Authorization'] ?? headers['authorization']);
  const options = { method, path, headers, agent: agent ?? false };
  if (address.startsWith('unix:')) return plainRequest({ ...options, socketPath: address.slice('unix:'.length) });
  const { hostname, port, protocol } = new URL(address);
  return protocol === 'https:'
    ? tlsRequest({ ...options, hostname, port, ca })
    : plainRequest({ ...options, hostname, port });
}

/** The answer to a request; rejects without one. Failures after the answer do not matter. */
export async function answerTo(request: ClientRequest): Promise<Answer> {
  // Before the wait: an error that comes with the answer is told before what waits for the answer goes on.
  request.on('error', () => undefined);
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  return { status: message.statusCode ?? 0, headers: message.headers, body, text: body.toString() };
}

/** Sends a request and returns the whole answer, even if it arrives before the body was sent. */
export async function ask(target: Target, method: string, path: string, options: Ask = {}): Promise<Answer> {
  const { body, headers } = options;
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  // Node does not send it automatically with every method.
  const length = isWhole ? { 'Content-Length': Buffer.byteLength(body) } : {};
  const request = openRequest(target, method, path, { ...options, headers: { ...length, ...headers } });
  const answer = answerTo(request).then((received) => noteSecrets(path, received));
  if (body === undefined || isWhole) request.end(body);
  else await Promise.race([answer, sendAll(request, body)]);
  return answer;
}

/** The tokens in an answer are secrets, and what operators see of a registry must hold none. */
function noteSecrets(path: string, answer: Answer): Answer {
  const { headers, text } = answer;
  if (/^\/(?:metrics|debug|livez|readyz)/.test(path)) checkForSecrets(path, text);
  if (path.includes('token')) secretAnswer(text);
  const [, state] = /[?&]_state=([^&]+)/.exec(headers.location ?? '') ?? [];
  if (state !== undefined) secret(decodeURIComponent(state));
  return answer;
}

async function sendAll(request: ClientRequest, body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of body) {
    if (request.destroyed) return;
    if (!request.write(chunk)) await once(request, 'drain');
  }
  request.end();
}

/** Path and query of a URL that may have a host. */
export function pathOf(url: string | undefined): string {
  const { pathname, search } = new URL(url ?? '', 'http://none');
  return pathname + search;
}
