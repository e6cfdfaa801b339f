import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { type Running, startProcess } from '../../helpers/processes/run-process.ts';
import { until } from '../../helpers/running/until.ts';

const CLI = 'dist/bundle/bin.js';
const KIB = 1024;

/** How far above an idle server memory may be after an abuse. */
const MAX_LEFT = 1.3;
/** Node returns memory in its own time, when it is idle. */
const PATIENCE_MS = 60_000;

/** A password file of one user. */
const USERS = 'eve:$2y$05$IAai3uul31tJfcJLIumoEuXQ7hqdEuE2YJtNBiNP1A8Zr8Ttu224a\n';

/** The differences from the configuration of most cases. */
export interface TargetOptions {
  readonly workers: number;
  readonly http?: Readonly<Record<string, unknown>>;
  readonly auth?: Readonly<Record<string, unknown>>;
  /** `ulimit -n` of the server. */
  readonly maxFiles?: number;
}

/** A live server under abuse. */
export class Target {
  readonly address: string;
  readonly #running: Running;

  constructor(address: string, running: Running) {
    this.address = address;
    this.#running = running;
  }

  /** Starts a server with an image `app:v1`; it is stopped when the test ends. */
  static async start(t: ExecutionContext, { workers, http, auth, maxFiles }: TargetOptions): Promise<Target> {
    const folder = await tempRoot(t);
    const file = join(folder, 'config.yml');
    await writeFile(join(folder, 'users'), USERS);
    const config = {
      version: 0.1,
      log: { formatter: 'json', level: 'info', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'root') } },
      http: { addr: '127.0.0.1:0', secret: 'known to every test', workers, draintimeout: '1s', ...http },
      ...(auth && { auth }),
    };
    // JSON is YAML, too.
    await writeFile(file, JSON.stringify(config));
    const limit = maxFiles === undefined ? '' : `ulimit -n ${maxFiles}; `;
    const running = startProcess('/bin/sh', ['-c', `${limit}exec "$0" "$@"`, process.execPath, CLI, 'serve', file]);
    t.teardown(async () => {
      running.signal('SIGTERM');
      await running.finished;
    });
    await running.logged(new RegExp(`("msg":"listening"[^]*){${workers}}`));
    const [, address = ''] = await running.logged(/"address":"([^"]+)"/);
    return new Target(address, running);
  }

  get port(): number {
    return Number(new URL(this.address).port);
  }

  /** The memory of all processes of the server, in bytes. */
  async memory(): Promise<number> {
    const { pid } = this.#running;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const pids = [pid, ...children.trim().split(' ').filter(Boolean).map(Number)];
    const sizes = await Promise.all(pids.map(residentBytes));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Waits until its memory is nearly back at the idle level. */
  async memoryReturns(t: ExecutionContext, idleBytes: number): Promise<void> {
    let least = Number.POSITIVE_INFINITY;
    const isBack = async (): Promise<boolean> => {
      least = Math.min(least, await this.memory());
      return least <= idleBytes * MAX_LEFT;
    };
    await until('the memory is back', isBack, PATIENCE_MS).catch(() => false);
    const [idle, left] = [idleBytes, least].map((bytes) => Math.round(bytes / KIB / KIB));
    t.log(`memory: ${idle} MiB when idle, ${left} MiB afterwards`);
    t.true(least <= idleBytes * MAX_LEFT, `${idle} MiB before, ${left} MiB after`);
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * KIB;
}
