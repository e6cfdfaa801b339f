import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { type Running, startProcess } from '../processes/run-process.ts';
import { secretHeader } from '../secrets/known-secrets.ts';

const CLI = 'dist/bundle/bin.js';

/** A registry of several processes, run as an operator runs it. */
export interface RunningWorkers extends Running {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  /** The process ids of the running workers. */
  readonly workers: () => Promise<number[]>;
  /** The folder of its configuration, which is `config.yml`. */
  readonly folder: string;
  /** Writes another configuration: the first one with these differences. */
  readonly configure: (differences: Differences) => Promise<void>;
}

/** The differences from the configuration of most tests. */
export interface Differences {
  readonly http?: Readonly<Record<string, unknown>>;
  readonly log?: Readonly<Record<string, unknown>>;
  readonly storage?: Readonly<Record<string, unknown>>;
  readonly others?: Readonly<Record<string, unknown>>;
}

/** Starts a registry with two workers, or the number in `http.workers`, with its own folder and port. */
export async function withWorkers(
  t: ExecutionContext,
  http: Readonly<Record<string, unknown>> = {},
  {
    folder: given,
    program = process.execPath,
    ...differences
  }: Omit<Differences, 'http'> & { readonly folder?: string; readonly program?: string } = {},
): Promise<RunningWorkers> {
  const folder = given ?? (await tempRoot(t));
  const file = join(folder, 'config.yml');
  const first = { workers: 2, ...http };
  const write = ({ http: other, log, storage, others }: Differences): Promise<void> => {
    const config = {
      version: 0.1,
      log: { formatter: 'json', accesslog: { disabled: true }, ...log },
      storage: { filesystem: { rootdirectory: join(folder, 'root') }, delete: { enabled: true }, ...storage },
      http: { addr: '127.0.0.1:0', ...first, ...other },
      ...others,
    };
    // JSON is also YAML.
    return writeFile(file, JSON.stringify(config));
  };
  await write(differences);
  const running = startProcess(program, [CLI, 'serve', file]);
  t.teardown(async () => {
    running.signal('SIGTERM');
    await running.finished;
  });
  await running.logged(new RegExp(`("msg":"listening"[^]*){${Number(first.workers)}}`));
  await running.logged(/"msg":"ready"/);
  const [, address = ''] = await running.logged(/"address":"([^"]+)"/);
  const configure = (changed: Differences): Promise<void> => write({ ...differences, ...changed });
  return { ...running, address, workers: () => childrenOf(running.pid), folder, configure };
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').map(Number);
}

/** One connection and therefore one worker, identified by the first part of each request id. */
export class WorkerConnection {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #address: string;
  worker = '';

  constructor(address: string) {
    this.#address = address;
  }

  /** Connections to two different workers; they are closed when the test ends. */
  static async pair(t: ExecutionContext, { address }: RunningWorkers): Promise<[WorkerConnection, WorkerConnection]> {
    const connect = async (): Promise<WorkerConnection> => {
      const connection = new WorkerConnection(address);
      t.teardown(() => connection.close());
      await connection.ask('GET', '/v2/');
      return connection;
    };
    const first = await connect();
    for (;;) {
      const second = await connect();
      if (second.worker !== first.worker) return [first, second];
    }
  }

  ask(
    method: string,
    path: string,
    { body, headers = {} }: { body?: Uint8Array | string; headers?: Record<string, string> } = {},
  ): Promise<{ status: number; headers: Readonly<Record<string, unknown>>; text: string }> {
    return new Promise((resolve, reject) => {
      const url = new URL(path, this.#address);
      secretHeader(headers['Authorization']);
      const sent = request(url, { agent: this.#agent, method, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
        response.on('end', () => {
          this.worker = String(response.headers['x-request-id']).split('-', 1)[0] ?? '';
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
        });
      });
      sent.on('error', reject).end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
