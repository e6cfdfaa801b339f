import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { StalledError, StatusError } from './failures.ts';

/** One request to the service. */
export interface StoreRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  /** Default: `true`. The URL of an upload session is itself a secret, and may be on another host. */
  readonly isAuthorized?: boolean;
}

/** A complete answer. */
export interface StoreAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TransportOptions {
  /** The service, for messages: `Cloud Storage`. */
  readonly service: string;
  /** The number of concurrent calls; open streams do not count. */
  readonly maxCalls: number;
  readonly userAgent: string;
  /** The headers that authorize a request; each attempt asks anew. */
  readonly authorize: (url: URL, request: StoreRequest) => Promise<Readonly<Record<string, string>>>;
  /** A read fails after this time without a byte, in milliseconds, and a change after three times as long. */
  readonly idleMs?: number | undefined;
  /** Whether the certificate of the service must be valid. Default: `true`. */
  readonly verifyTls?: boolean | undefined;
}

/** Larger than any answer except content. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const DEFAULT_IDLE_MS = 20_000;
/** A change, such as a step of a copy, may take half a minute. */
const CHANGE_FACTOR = 3;

/** Sends HTTP requests on kept-alive connections. Each call is one attempt. */
export class HttpTransport implements Disposable {
  readonly #options: TransportOptions;
  readonly #calls: Agents;
  readonly #streams: Agents;

  constructor(options: TransportOptions) {
    const { maxCalls, verifyTls = true } = options;
    this.#options = options;
    this.#calls = new Agents(maxCalls, verifyTls);
    this.#streams = new Agents(Infinity, verifyTls);
  }

  /** @returns the answer, whatever its status */
  async send(request: StoreRequest): Promise<StoreAnswer> {
    return this.#readWhole(await this.start(request, 'call'));
  }

  /**
   * Opens content for streaming.
   * @throws StatusError for any status but 200 and 206
   */
  async open(request: StoreRequest): Promise<IncomingMessage> {
    const response = await this.start(request, 'stream');
    if (response.statusCode === 200 || response.statusCode === 206) return response;
    throw this.error(await this.#readWhole(response));
  }

  /**
   * Sends a request. The caller reads the answer, whatever its status.
   * @param kind a `stream` does not count as a call
   */
  async start(request: StoreRequest, kind: 'call' | 'stream'): Promise<IncomingMessage> {
    const agents = kind === 'call' ? this.#calls : this.#streams;
    const { method, url, headers, body = [], signal, isAuthorized = true } = request;
    const idleMs = isRead(method) ? this.idleMs : this.idleMs * CHANGE_FACTOR;
    const authorization = isAuthorized ? await unlessStalled(this.#options.authorize(url, request), this.idleMs) : {};
    signal?.throwIfAborted();
    const length = body.reduce((bytes, chunk) => bytes + chunk.byteLength, 0);
    return new Promise((resolve, reject) => {
      const call = agents.request(url, {
        method,
        headers: {
          'user-agent': this.#options.userAgent,
          ...authorization,
          ...headers,
          ...(isRead(method) || method === 'DELETE' ? {} : { 'content-length': String(length) }),
        },
      });
      const abort = (): void => {
        const reason: unknown = signal?.reason;
        const error = reason instanceof Error ? reason : new Error('aborted', { cause: reason });
        // A call that waits for a connection would report its end only once it has one.
        reject(error);
        call.destroy(error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      call.once('close', () => signal?.removeEventListener('abort', abort));
      let response: IncomingMessage | undefined;
      const stall = (): void => {
        const error = stalled(idleMs);
        reject(error);
        (response ?? call).destroy(error);
      };
      // No time counts while a call waits for one of others to end: they end or stall. The timer of the socket runs only
      // once that is connected.
      call.once('socket', (socket) => {
        if (!socket.connecting) return;
        const connecting = setTimeout(stall, idleMs);
        for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(connecting));
      });
      call.setTimeout(idleMs, stall);
      call.once('response', (answer) => {
        response = answer;
        resolve(answer);
      });
      call.on('error', reject);
      for (const chunk of body) call.write(chunk);
      call.end();
    });
  }

  /** The error for an unexpected answer. */
  error({ status, headers, body }: StoreAnswer): StatusError {
    const retryAfterMs = askedWaitMs(headers['retry-after']);
    return new StatusError({ service: this.#options.service, status, said: saidIn(body), retryAfterMs });
  }

  [Symbol.dispose](): void {
    this.#calls.destroy();
    this.#streams.destroy();
  }

  /** Reading content fails after this time without a byte, in milliseconds. */
  get idleMs(): number {
    return this.#options.idleMs ?? DEFAULT_IDLE_MS;
  }

  async #readWhole(response: IncomingMessage): Promise<StoreAnswer> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES)
        throw new Error(`${this.#options.service} sent an answer of more than ${MAX_ANSWER_BYTES} bytes`);
      chunks.push(chunk);
    }
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) };
  }
}

/** How long a service asks the client to wait, in milliseconds, by `Retry-After`: seconds, or a date. */
export function askedWaitMs(retryAfter: string | undefined): number | undefined {
  const seconds = Number(retryAfter);
  const waitMs = Number.isNaN(seconds) ? Date.parse(retryAfter ?? '') - Date.now() : seconds * 1000;
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function isRead(method: StoreRequest['method']): boolean {
  return method === 'GET' || method === 'HEAD';
}

function stalled(idleMs: number): StalledError {
  return new StalledError(`no bytes arrived for ${idleMs} ms`);
}

async function unlessStalled<Result>(action: Promise<Result>, idleMs: number): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(stalled(idleMs)), idleMs);
  try {
    return await Promise.race([action, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function saidIn(body: Buffer): string {
  const text = body.toString('utf8', 0, 2000).trim();
  const message = /"message"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (message !== undefined) return String(JSON.parse(message));
  const [, code, said] = /<Code>([^<]*)<\/Code>\s*<Message>([^<]*)/.exec(text) ?? [];
  return code === undefined ? text.slice(0, 200) : `${code}: ${said?.replace(/\s+/g, ' ').trim()}`;
}

/** Connections of one purpose. */
class Agents {
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor(maxSockets: number, verifyTls: boolean) {
    this.#http = new HttpAgent({ keepAlive: true, maxSockets });
    this.#https = new HttpsAgent({ keepAlive: true, maxSockets, rejectUnauthorized: verifyTls });
  }

  request(url: URL, options: { readonly method: string; readonly headers: Readonly<Record<string, string>> }) {
    return url.protocol === 'http:'
      ? httpRequest(url, { ...options, agent: this.#http })
      : httpsRequest(url, { ...options, agent: this.#https });
  }

  destroy(): void {
    this.#http.destroy();
    this.#https.destroy();
  }
}
