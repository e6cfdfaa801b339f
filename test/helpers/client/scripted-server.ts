import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A request that a scripted server received. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers a request, or leaves it unanswered. */
export type Script = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server that answers by a script of the test and records its requests. */
export class ScriptedServer {
  readonly address: string;
  readonly seen: readonly SeenRequest[];

  private constructor(address: string, seen: readonly SeenRequest[]) {
    this.address = address;
    this.seen = seen;
  }

  /** Starts a server, which is stopped when the test ends. @param tls for a server with TLS */
  static async start(t: ExecutionContext, script: Script, tls?: ServerOptions): Promise<ScriptedServer> {
    const seen: SeenRequest[] = [];
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers });
      void script(request, response);
    };
    const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    const sockets = new Set<Socket>();
    server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    const { port } = server.address() as AddressInfo;
    return new ScriptedServer(`${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, seen);
  }

  /** The requests, as `METHOD path`. */
  get asked(): readonly string[] {
    return this.seen.map(({ method, url }) => `${method} ${url}`);
  }
}

/** Answers with JSON. */
export function answer(
  response: ServerResponse,
  status: number,
  body: unknown = {},
  headers: Readonly<Record<string, string | readonly string[]>> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'Content-Length': Buffer.byteLength(text), ...headers });
  response.end(text);
}
