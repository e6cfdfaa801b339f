import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import type { RedisSettings } from '../../plugins/redis/redis-settings.ts';
import { type Running, startProcess } from './run-process.ts';
import { tempRoot } from './temp-root.ts';

/** Nodes of a cluster listen on this many ports further up as well. */
const BUS_OFFSET = 10_000;

/** A port that nobody listens on now; what needs to know its port before it starts takes the risk. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await anyPort();
    if (port + BUS_OFFSET <= 65_535) return port;
  }
}

async function anyPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  server.close();
  await once(server, 'close');
  return port;
}

/** A Redis of the test's own. */
export class RedisServer {
  readonly port: number;
  readonly #args: readonly string[];
  readonly #folder: string;
  readonly #program: string;
  #running: Running | undefined;

  private constructor(program: string, { port, folder, args }: { port: number; folder: string; args: string[] }) {
    this.#program = program;
    this.port = port;
    this.#folder = folder;
    this.#args = args;
  }

  /** Starts a server on a port and a folder of its own; it is killed when the test ends. */
  static async start(t: ExecutionContext, args: readonly string[] = []): Promise<RedisServer> {
    const folder = join(await tempRoot(t), 'redis');
    await mkdir(folder, { recursive: true });
    const port = await freePort();
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...args];
    const server = new RedisServer('redis-server', { port, folder, args: all });
    t.teardown(() => server.kill());
    await server.start();
    return server;
  }

  get folder(): string {
    return this.#folder;
  }

  /** Starts it (again), empty. */
  async start(): Promise<void> {
    const running = startProcess(this.#program, this.#args);
    this.#running = running;
    await running.said('Ready to accept connections');
  }

  async kill(): Promise<void> {
    // A stopped process takes no other signal.
    this.#running?.signal('SIGKILL');
    await this.#running?.finished;
  }

  pause(): void {
    this.#running?.signal('SIGSTOP');
  }

  resume(): void {
    this.#running?.signal('SIGCONT');
  }

  get settings(): RedisSettings {
    return settingsOf([{ host: '127.0.0.1', port: this.port }]);
  }

  /** A client for looking at what is stored; it is closed when the test ends. */
  client(t: ExecutionContext): Redis {
    const client = new Redis({ host: '127.0.0.1', port: this.port });
    client.on('error', () => undefined);
    t.teardown(() => client.disconnect());
    return client;
  }
}

/** Settings with short times. */
export function settingsOf(addresses: RedisSettings['addresses'], others: Partial<RedisSettings> = {}): RedisSettings {
  return {
    addresses,
    isAnonymous: false,
    database: 0,
    protocol: 3,
    dialTimeoutMs: 5_000,
    readTimeoutMs: 1_000,
    minPauseMs: 10,
    maxPauseMs: 50,
    maxRedirects: 3,
    ...others,
  };
}
