import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OtherProcess } from './other-process.ts';
import type { ServedStore } from './served-driver.ts';

/** The program of this package, as an operator starts it. It runs in another process and is never imported. */
const STOWAGE = join(dirname(findPackageJSON('.', import.meta.url) ?? ''), 'dist/bundle/bin.js');
const SERVED_DRIVER = fileURLToPath(new URL('served-driver.js', import.meta.url));

/** A registry in a process of its own, on the store under test. */
export class ServedRegistry implements AsyncDisposable {
  /** For example `http://127.0.0.1:41234`. */
  readonly address: string;
  readonly #process: OtherProcess;
  readonly #folder: string;

  private constructor(process: OtherProcess, { address, folder }: { address: string; folder: string }) {
    this.#process = process;
    this.address = address;
    this.#folder = folder;
  }

  /** @throws Error that says why the registry did not start */
  static async start(store: ServedStore): Promise<ServedRegistry> {
    const folder = await mkdtemp(join(tmpdir(), 'stowage-kit-'));
    const file = join(folder, 'config.yml');
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify(configurationOf(store)));
    const process = new OtherProcess([STOWAGE, 'serve', file]);
    try {
      const [line] = await process.logs(/^.*"msg":"ready".*$/m);
      const { address, storage: driver } = JSON.parse(line) as { readonly address: string; readonly storage: string };
      if (driver !== SERVED_DRIVER) throw new Error('a variable REGISTRY_STORAGE names another storage: unset it');
      return new ServedRegistry(process, { address, folder });
    } catch (error) {
      await process.kill();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** Sends a request and returns the complete answer; follows redirects. */
  async ask(
    method: string,
    path: string,
    init: { headers?: Record<string, string>; body?: Uint8Array } = {},
  ): Promise<Reply> {
    const { headers, body } = init;
    const response = await fetch(new URL(path, this.address), {
      method,
      ...(headers && { headers }),
      ...(body && { body: Uint8Array.from(body) }),
    });
    return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
    await rm(this.#folder, { recursive: true });
  }
}

/** A complete answer. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function configurationOf(store: ServedStore): object {
  return {
    version: 0.1,
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { delete: { enabled: true }, [SERVED_DRIVER]: store },
    http: { addr: '127.0.0.1:0', secret: 'the test kit', draintimeout: '1s' },
  };
}
