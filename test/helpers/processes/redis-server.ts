import type { ExecutionContext } from 'ava';
import { Redis } from 'ioredis';
import type { RedisSettings } from '../../../plugins/coordination/redis/redis-settings.ts';
import { tempRoot } from '../drivers/temp-root.ts';
import { until } from '../running/until.ts';
import { freePort } from './free-port.ts';
import { ProcessGroup } from './process-group.ts';

/** A Redis server of one test, which keeps everything in memory and its port across restarts. */
export class RedisServer {
  readonly port: number;
  readonly #t: ExecutionContext;
  readonly #args: readonly string[];
  #group: ProcessGroup | undefined;

  private constructor(t: ExecutionContext, port: number, args: readonly string[]) {
    this.#t = t;
    this.port = port;
    this.#args = args;
  }

  /** Starts a server with its own port and folder; it is killed when the test ends. */
  static async start(t: ExecutionContext, args: readonly string[] = []): Promise<RedisServer> {
    const [folder, port] = [await tempRoot(t), await freePort()];
    const all = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder, ...args];
    const server = new RedisServer(t, port, all);
    await server.start();
    return server;
  }

  /** Starts it (again), empty, and waits until it serves. */
  async start(): Promise<void> {
    const group = ProcessGroup.start(this.#t, { command: 'redis-server', args: this.#args, label: 'redis' });
    this.#group = group;
    await until('redis serves', () => {
      if (!group.isAlive) throw new Error(`redis has ended:\n${group.output}`);
      return group.output.includes('Ready to accept connections');
    });
  }

  /** Kills it; all its content is lost. */
  async kill(): Promise<void> {
    await this.#group?.kill();
  }

  /** Makes it accept connections but answer nothing. */
  pause(): void {
    this.#group?.signal('SIGSTOP');
  }

  resume(): void {
    this.#group?.signal('SIGCONT');
  }

  get settings(): RedisSettings {
    return settingsOf([{ host: '127.0.0.1', port: this.port }]);
  }

  /** A client for inspecting the content; it is closed when the test ends. */
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
