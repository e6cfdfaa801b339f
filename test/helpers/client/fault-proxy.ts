import { type EventEmitter, once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { ExecutionContext } from 'ava';

/** A fault to inject into a request. */
export interface Fault {
  /** The affected requests. Default: all. */
  readonly on?: (method: string, url: string, headers: IncomingHttpHeaders) => boolean;
  /** How often it happens. Default: always. */
  readonly times?: number;
  /** An immediate answer, without forwarding the request. */
  readonly answer?: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  /** Whether to hide the requested range from the registry. */
  readonly hidesRange?: boolean;
  /** Changes the status of the answer. */
  readonly status?: (status: number) => number;
  /** Changes the headers of the answer; a header that becomes undefined is removed. */
  readonly headers?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  /** Changes the body of the answer. */
  readonly body?: (bytes: Buffer) => Buffer;
  /** Breaks the connection after this many bytes of the answer's body. */
  readonly cutAnswerAfter?: number;
  /** Breaks the connection after this many bytes of the request's body. */
  readonly cutRequestAfter?: number;
}

/** A proxy in front of a registry that injects the faults of a test. */
export class FaultProxy {
  readonly address: string;
  /** The requests, as `METHOD path`. */
  readonly asked: string[] = [];
  /** The bytes of request bodies that reached the registry. */
  received = 0;
  readonly #target: string;
  #faults: { readonly fault: Fault; left: number }[] = [];

  private constructor(address: string, target: string) {
    this.address = address;
    this.#target = target;
  }

  /** Starts a proxy, which is stopped when the test ends. */
  static async start(t: ExecutionContext, target: string): Promise<FaultProxy> {
    const handle: { proxy?: FaultProxy } = {};
    const server = createServer((incoming, response) => {
      void handle.proxy?.serve(incoming, response).catch(() => response.destroy());
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    handle.proxy = new FaultProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, target);
    return handle.proxy;
  }

  /** Replaces the faults; the first one that matches a request applies. */
  inject(...faults: readonly Fault[]): void {
    this.#faults = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  async serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = incoming;
    this.asked.push(`${method} ${url}`);
    const found = this.#faults.find(
      ({ fault, left }) => left > 0 && (fault.on?.(method, url, incoming.headers) ?? true),
    );
    if (found !== undefined) found.left -= 1;
    const fault = found?.fault ?? {};
    if (fault.answer !== undefined) {
      const { status, headers = {}, body = '' } = fault.answer;
      incoming.resume();
      response.writeHead(status, { 'Content-Length': Buffer.byteLength(body), ...headers }).end(body);
      return;
    }
    const { range: _, ...others } = incoming.headers;
    const sentOn = fault.hidesRange === true ? others : incoming.headers;
    // A connection that the registry has just closed would be a fault of the proxy itself.
    const outgoing = request(`${this.#target}${url}`, { method, headers: sentOn, agent: false });
    outgoing.on('error', () => response.destroy());
    const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => undefined);
    const sent = this.#send(incoming, outgoing, fault).catch((error: unknown) => {
      // A request that breaks off must also break off at the registry.
      outgoing.destroy();
      throw error;
    });
    // An answer can arrive before the request is complete.
    await Promise.race([sent, answered]);
    const [answer] = await answered;
    const { connection: _connection, ...own } = answer.headers;
    const headers = fault.headers?.(own) ?? own;
    const status = fault.status?.(answer.statusCode ?? 0) ?? answer.statusCode ?? 0;
    const passedOn = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
    if (fault.body !== undefined || fault.cutAnswerAfter !== undefined) {
      const bytes = await buffer(answer);
      const changed = fault.body?.(bytes) ?? bytes;
      response.writeHead(status, passedOn);
      const { cutAnswerAfter: limit } = fault;
      if (limit === undefined || changed.byteLength <= limit) response.end(changed);
      else response.write(changed.subarray(0, limit), () => response.destroy());
      return;
    }
    response.writeHead(status, passedOn);
    answer.pipe(response);
  }

  async #send(
    incoming: IncomingMessage,
    outgoing: ReturnType<typeof request>,
    { cutRequestAfter }: Fault,
  ): Promise<void> {
    let passed = 0;
    const answer = { isThere: false };
    outgoing.once('response', () => {
      answer.isThere = true;
    });
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, (cutRequestAfter ?? Number.POSITIVE_INFINITY) - passed);
      passed += part.byteLength;
      this.received += part.byteLength;
      // Read the rest of the body after an early answer, so that the client can send its next request.
      if (answer.isThere) continue;
      if (!outgoing.write(part)) await untilAnyOf(outgoing, 'drain', 'response', 'close');
      if (part.byteLength < chunk.byteLength) {
        // The registry keeps what it received when the connection ends.
        await new Promise((resolve) => outgoing.write('', resolve));
        outgoing.destroy();
        incoming.destroy();
        throw new Error('cut');
      }
    }
    outgoing.end();
  }
}

async function untilAnyOf(emitter: EventEmitter, ...events: readonly string[]): Promise<void> {
  const waiting = new AbortController();
  await Promise.race(events.map((event) => once(emitter, event, { signal: waiting.signal })));
  waiting.abort();
}
