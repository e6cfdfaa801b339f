import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as startRequest,
} from 'node:http';
import type { Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { SeenRequest, ServiceAnswer } from './seen-request.ts';

/** The fault of one request. */
export type Fault =
  /** Answered by the proxy; the service never sees it. */
  | { readonly answer: number; readonly retryAfter?: string; readonly body?: string }
  /** The connection is reset before the service sees the request. */
  | 'lost-request'
  /** The service handles the request, and the connection is reset instead of the answer. */
  | 'lost-answer'
  /** The body of the answer ends after so many bytes, though more were announced. */
  | { readonly cutAfter: number }
  /** Nothing is ever answered, and the connection stays. */
  | 'silence'
  /** The body of the answer stops after so many bytes, and the connection stays. */
  | { readonly stopAfter: number }
  /** The last byte of the body is changed. */
  | 'corrupt'
  /** The service keeps only so many bytes of a part of an upload, and the connection is reset. */
  | { readonly keepBytes: number };

/** Passes a request on; `keepBytes` is that of its fault. */
export type Pass = (request: SeenRequest, forward: Forward, keepBytes: number | undefined) => Promise<ServiceAnswer>;
export type Forward = (request: SeenRequest) => Promise<ServiceAnswer>;

/** Decides the fault of a request. */
export type Faults = (request: SeenRequest) => Fault | undefined;

/** Stands before an emulator, injects faults of networks and services, and counts requests. */
export class FaultyProxy {
  faults: Faults = () => undefined;
  readonly seen: SeenRequest[] = [];
  /** How many requests failed on purpose. */
  faultCount = 0;
  /** Bytes of bodies that the service sent. */
  downloadedBytes = 0;
  readonly #upstream: URL;
  readonly #server: Server;
  readonly #pass: Pass;

  private constructor(upstream: string, pass: Pass) {
    this.#upstream = new URL(upstream);
    this.#pass = pass;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(() => request.socket.resetAndDestroy());
    });
  }

  /**
   * @param upstream the address of the emulator
   * @param pass adds what an emulator lacks of its service
   */
  static async start(
    t: ExecutionContext,
    upstream: string,
    pass: Pass = (request, forward) => forward(request),
  ): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(upstream, pass);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    t.teardown(() => {
      proxy.#server.closeAllConnections();
      proxy.#server.close();
    });
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(incoming);
    const { method = '', url = '', headers } = incoming;
    const request: SeenRequest = { method, url, headers, body };
    this.seen.push(request);
    const fault = this.faults(request);
    if (fault !== undefined) this.faultCount += 1;
    if (fault === 'silence') return;
    if (fault === 'lost-request') return void incoming.socket.resetAndDestroy();
    if (typeof fault === 'object' && 'answer' in fault) {
      const retryAfter = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      return void response.writeHead(fault.answer, retryAfter).end(fault.body ?? '{"error": {"message": "injected"}}');
    }
    const keepBytes = typeof fault === 'object' && 'keepBytes' in fault ? fault.keepBytes : undefined;
    const answer = await this.#pass(request, (changed) => this.#forward(changed), keepBytes);
    if (fault === 'lost-answer' || keepBytes !== undefined) return void incoming.socket.resetAndDestroy();
    this.#answer(answer, response, incoming.socket, fault);
  }

  #answer({ status, headers, body }: ServiceAnswer, response: ServerResponse, socket: Socket, fault?: Fault): void {
    response.writeHead(status, headers);
    const sent = fault === 'corrupt' && body.byteLength > 0 ? withOtherEnd(body) : body;
    if (typeof fault === 'object' && 'cutAfter' in fault && sent.byteLength > fault.cutAfter) {
      this.downloadedBytes += fault.cutAfter;
      response.write(sent.subarray(0, fault.cutAfter), () => socket.destroy());
      return;
    }
    if (typeof fault === 'object' && 'stopAfter' in fault && sent.byteLength > fault.stopAfter) {
      response.write(sent.subarray(0, fault.stopAfter));
      return;
    }
    this.downloadedBytes += sent.byteLength;
    response.end(sent);
  }

  async #forward({ method, url, headers, body }: SeenRequest): Promise<ServiceAnswer> {
    const { hostname, port } = this.#upstream;
    // The `host` of the client stays, so that the URLs of sessions lead through the proxy.
    const call = startRequest({
      hostname,
      port,
      method,
      path: url,
      headers: { ...headers, connection: 'close', 'content-length': String(body.byteLength) },
    });
    call.end(body);
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await readBody(answer) };
  }
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function withOtherEnd(body: Buffer): Buffer {
  const changed = Buffer.from(body);
  const last = body.byteLength - 1;
  changed.writeUInt8(body.readUInt8(last) ^ 1, last);
  return changed;
}
