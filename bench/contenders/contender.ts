import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Content } from '../content.ts';
import { fill } from '../fill/fill.ts';

const MAX_START_MS = 20_000;
const ATTEMPT_INTERVAL_MS = 2;
/** The time for processes that still start after the first answer, such as a second worker, in milliseconds. */
const SETTLE_MS = 1000;

/** A registry under measurement, or a server that shows the limit of some items. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** The folder of its content; contenders that share a root are filled once. */
  readonly root: string;
  /** The first process; `undefined` for a registry that runs elsewhere. */
  readonly pid: number | undefined;
  /** The number of Stowage processes; absent for another program. */
  readonly workers?: number | 'auto';
  /** Stores the content that the items request. */
  fill(content: Content): Promise<void>;
  /** Whether an item is measured with it. */
  takesPart(item: string): boolean;
  /**
   * Starts and stops another process on the same root; returns the seconds to its first answer. Absent for a registry
   * elsewhere.
   */
  readonly timeStart?: () => Promise<number>;
  stop(): Promise<void>;
}

/** A contender that is not installed. */
export interface Missing {
  readonly name: string;
  /** What is missing, and how to install it. */
  readonly reason: string;
}

/** A program that serves at an address. */
export interface Program {
  readonly name: string;
  readonly version: string;
  readonly root: string;
  readonly launch: (address: string) => ChildProcess;
}

/** Starts a program at a free port, and waits for its first answer. */
export async function startLocal({ name, version, root, launch }: Program): Promise<Contender> {
  const { child, url } = await started(launch);
  return {
    name,
    version,
    url,
    root,
    pid: child.pid,
    fill: (content) => fill(url, content, root),
    takesPart: () => true,
    timeStart: async () => {
      const again = await started(launch);
      await delay(SETTLE_MS);
      await stopChild(again.child);
      return again.seconds;
    },
    stop: () => stopChild(child),
  };
}

/**
 * A registry that this benchmark did not start: neither processor time nor memory can be read, and content that is
 * written directly to the storage is missing.
 */
export function registryAt(url: string): Contender {
  return {
    name: url,
    version: 'unknown',
    url,
    root: url,
    pid: undefined,
    fill: (content) => fill(url, content),
    takesPart: () => true,
    stop: async () => undefined,
  };
}

/** The version that a program on the PATH prints; `undefined` if it is missing. */
export function versionText(program: string, option = '--version'): string | undefined {
  // nginx writes it to the other stream.
  return outputOf('"$0" "$1" 2>&1', program, option);
}

/** Whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return outputOf('command -v "$0"', program) !== undefined;
}

function outputOf(script: string, ...parameters: readonly string[]): string | undefined {
  try {
    return execFileSync('sh', ['-c', script, ...parameters], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** Starts a program whose output is ignored. */
export function spawnQuietly(program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], ...options });
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}

export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function started(launch: Program['launch']): Promise<{ child: ChildProcess; url: string; seconds: number }> {
  const address = `127.0.0.1:${await freePort()}`;
  const url = `http://${address}`;
  const startedAt = performance.now();
  const child = launch(address);
  while (child.exitCode === null && performance.now() - startedAt < MAX_START_MS) {
    if (await isAnswered(`${url}/v2/`)) return { child, url, seconds: (performance.now() - startedAt) / 1000 };
    await delay(ATTEMPT_INTERVAL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnfile} does not answer at ${url}`);
}

/** Sends a request on a separate connection. */
function isAnswered(url: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  request(url, { agent: false }, (response) => {
    response.resume();
    // A registry with access control asks for credentials.
    resolve(response.statusCode === 200 || response.statusCode === 401);
  })
    .on('error', () => resolve(false))
    .end();
  return promise;
}
