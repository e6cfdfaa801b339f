import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const CLI = join(import.meta.dirname, '../cli/main.js');
const START_ATTEMPTS = 200;
const ATTEMPT_INTERVAL_MS = 50;

/** A registry under measurement. */
export interface Contender {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  /** The folder of its content; contenders that share a root are filled once. */
  readonly root: string;
  /** The first process; `undefined` for one that runs elsewhere. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** Stowage on `folder`, which several contenders may share. */
export function startStowage(folder: string, workers: number | 'auto'): Promise<Contender> {
  const name = workers === 1 ? 'Stowage, 1 process' : `Stowage, workers: ${workers}`;
  return startBuild(CLI, { name, folder, root: join(folder, 'stowage'), workers });
}

/** One process of an earlier build of Stowage, whose program is `program`, on a root of its own. */
export function startEarlierStowage(folder: string, program: string): Promise<Contender> {
  return startBuild(program, { name: 'Earlier Stowage', folder, root: join(folder, 'earlier'), workers: 1 });
}

function startBuild(
  program: string,
  { name, folder, root, workers }: { name: string; folder: string; root: string; workers: number | 'auto' },
): Promise<Contender> {
  const version = execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim();
  return startLocal({ name, version, root }, (address) => {
    const file = configurationFile(folder, name, { addr: address, root, http: { workers } });
    return spawn(process.execPath, [program, 'serve', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
}

/**
 * Stowage in one process as one of several instances: locks, messages, tokens and the descriptor cache through Redis.
 * @returns `undefined` when there is no redis-server
 */
export async function startSharingStowage(folder: string): Promise<Contender | undefined> {
  const version = versionOf('redis-server');
  if (version === undefined) return undefined;
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const redis = spawn('redis-server', args, { stdio: 'ignore' });
  const root = join(folder, 'stowage');
  const name = 'Stowage, 1 process with Redis';
  const contender = await startLocal({ name, version: `with Redis ${version}`, root }, (address) => {
    const file = configurationFile(folder, 'stowage-redis', {
      addr: address,
      root,
      http: { tokenprovider: 'redis' },
      cache: 'redis',
      others: { redis: { addrs: [`127.0.0.1:${port}`] } },
    });
    return spawn(process.execPath, [CLI, 'serve', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  });
  return {
    ...contender,
    stop: async () => {
      await contender.stop();
      redis.kill('SIGKILL');
    },
  };
}

/** Debian's distribution; `undefined` when it is not installed. */
export async function startDockerRegistry(folder: string): Promise<Contender | undefined> {
  const version = versionOf('docker-registry');
  if (version === undefined) return undefined;
  return startLocal({ name: 'docker-registry', version, root: join(folder, 'rival') }, (address) => {
    const file = configurationFile(folder, 'rival', { addr: address, root: join(folder, 'rival'), http: {} });
    return spawn('docker-registry', ['serve', file], { stdio: 'ignore' });
  });
}

/** A registry that this benchmark did not start: neither processor time nor memory can be read. */
export function registryAt(url: string): Contender {
  return { name: url, version: 'unknown', url, root: url, pid: undefined, stop: async () => undefined };
}

function versionOf(program: string): string | undefined {
  try {
    const text = execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
    return /\bv=(\S+)/.exec(text)?.[1] ?? text.split(' ').at(-1);
  } catch {
    return undefined;
  }
}

/** Equal terms: a root on the same disk, no access log, deletes allowed, the cache in memory that Debian configures. */
function configurationFile(
  folder: string,
  name: string,
  {
    addr,
    root,
    http,
    cache = 'inmemory',
    others = {},
  }: { addr: string; root: string; http: object; cache?: string; others?: object },
): string {
  mkdirSync(root, { recursive: true });
  const file = join(folder, `${name}.yml`);
  const configuration = {
    version: 0.1,
    log: { level: 'error', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: root },
      delete: { enabled: true },
      cache: { blobdescriptor: cache },
      maintenance: { uploadpurging: { enabled: false } },
    },
    http: { addr, secret: 'only for this benchmark', ...http },
    catalog: { maxentries: 1000 },
    ...others,
  };
  // JSON is YAML, too.
  writeFileSync(file, JSON.stringify(configuration));
  return file;
}

async function startLocal(
  who: Pick<Contender, 'name' | 'version' | 'root'>,
  launch: (address: string) => ChildProcess,
): Promise<Contender> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = launch(address);
  const exited = once(child, 'exit');
  const url = `http://${address}`;
  await answering(url, child);
  return {
    ...who,
    url,
    pid: child.pid,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('no port is free');
  return address.port;
}

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < START_ATTEMPTS && child.exitCode === null; attempt++) {
    const response = await fetch(`${url}/v2/`).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(ATTEMPT_INTERVAL_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`${child.spawnfile} does not answer at ${url}`);
}
