import { connect } from 'node:net';
import type { ExecutionContext } from 'ava';
import { freePort } from './free-ports.ts';
import { ProcessGroup } from './process-group.ts';
import { until } from './until.ts';

/** Debian's Redis, which keeps everything in memory and its port from start to start. */
export class RedisServer {
  readonly #t: ExecutionContext;
  readonly #folder: string;
  readonly port: number;
  #group: ProcessGroup | undefined;

  private constructor(t: ExecutionContext, folder: string, port: number) {
    this.#t = t;
    this.#folder = folder;
    this.port = port;
  }

  static async start(t: ExecutionContext, folder: string): Promise<RedisServer> {
    const server = new RedisServer(t, folder, await freePort());
    await server.start();
    return server;
  }

  /** Starts it empty, and waits until it answers. */
  async start(): Promise<void> {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', ''];
    this.#group = ProcessGroup.start(this.#t, { command: 'redis-server', args, label: 'redis' });
    await until('redis answers', () => this.#answers());
  }

  /** Ends it at once; all that it knew is lost. */
  async kill(): Promise<void> {
    await this.#group?.kill();
  }

  /** Lets it accept connections and answer nothing. */
  pause(): void {
    this.#group?.signal('SIGSTOP');
  }

  resume(): void {
    this.#group?.signal('SIGCONT');
  }

  #answers(): Promise<boolean> {
    if (this.#group?.isAlive !== true) throw new Error(`redis has ended:\n${this.#group?.output ?? ''}`);
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('data', (data) => {
        socket.destroy();
        resolve(data.toString().startsWith('+PONG'));
      });
      socket.write('PING\r\n');
    });
  }
}
