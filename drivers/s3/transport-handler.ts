import type { IncomingMessage } from 'node:http';
import type { HttpTransport, StoreRequest } from '../object-store/index.ts';
import { ChunkedBody } from './chunked-body.ts';
import type { Transports } from './transports.ts';

/** A request of Amazon's library. */
export interface SdkRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>> | undefined;
  readonly headers: Record<string, string>;
  readonly body?: unknown;
}

interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: IncomingMessage;
}

/**
 * Sends the requests of Amazon's library with the transport of the kit: connections that are kept and counted, silent
 * ones that end, and bodies in chunks.
 */
export class TransportHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #transports: Transports;

  constructor(transports: Transports) {
    this.#transports = transports;
  }

  async handle(
    request: SdkRequest,
    options: { readonly abortSignal?: unknown } = {},
  ): Promise<{ response: SdkResponse }> {
    const { abortSignal } = options;
    const kind = request.query?.['x-id'] === 'GetObject' ? 'stream' : 'call';
    const response = await this.#transportOf(request).start(
      {
        method: request.method as StoreRequest['method'],
        url: urlOf(request),
        headers: request.headers,
        body: chunksOf(request.body),
        signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
        isAuthorized: false,
      },
      kind,
    );
    const headers = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
    return { response: { statusCode: response.statusCode ?? 0, headers: Object.fromEntries(headers), body: response } };
  }

  destroy(): void {
    this.#transports[Symbol.dispose]();
  }

  #transportOf({ method, query = {}, headers }: SdkRequest): HttpTransport {
    const { calls, copies, ends } = this.#transports;
    if (headers['x-amz-copy-source'] !== undefined) return copies;
    return method === 'POST' && 'uploadId' in query ? ends : calls;
  }

  /** The library asks for these two; nothing can be set later. */
  updateHttpClientConfig(): void {
    // The transport has its options.
  }

  httpHandlerConfigs(): Record<string, never> {
    return {};
  }
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): URL {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((each) => `${encode(name)}=${encode(each ?? '')}`),
  );
  url.search = pairs.join('&');
  return url;
}

/** Percent-encodes as the signature does: encodeURIComponent leaves five more characters unescaped. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function chunksOf(body: unknown): readonly Uint8Array[] {
  if (body === undefined || body === null) return [];
  if (body instanceof ChunkedBody) return body.chunks;
  if (body instanceof Uint8Array) return [body];
  if (typeof body === 'string') return [Buffer.from(body)];
  throw new TypeError('a body of a request is neither bytes nor text');
}
