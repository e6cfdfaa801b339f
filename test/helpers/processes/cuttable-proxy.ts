import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';

/** A proxy between clients and a server on this machine that can cut connections. */
export class CuttableProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, { port, sockets }: { port: number; sockets: Set<Socket> }) {
    this.#server = server;
    this.port = port;
    this.#sockets = sockets;
  }

  /** Starts a proxy, which is stopped when the test ends. */
  static async start(t: ExecutionContext, targetPort: number): Promise<CuttableProxy> {
    const sockets = new Set<Socket>();
    const server = createServer((client) => {
      const target = connect(targetPort, '127.0.0.1');
      for (const [socket, other] of [
        [client, target],
        [target, client],
      ] as const) {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(socket);
            other.destroy();
          });
        socket.pipe(other);
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const proxy = new CuttableProxy(server, { port, sockets });
    t.teardown(() => proxy.cut());
    return proxy;
  }

  /** Breaks all connections; new ones are accepted. */
  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Breaks all connections and refuses new ones. */
  cut(): void {
    this.#server.close();
    this.breakAll();
  }

  /** Accepts connections again. */
  async mend(): Promise<void> {
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Holds bytes back, in both directions, without breaking anything. */
  hold(): void {
    for (const socket of this.#sockets) socket.pause();
  }
}
