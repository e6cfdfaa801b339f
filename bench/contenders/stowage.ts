import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type ConfigurationOptions, configurationFile, diskStorage } from './configuration.ts';
import { type Contender, freePort, type Program, spawnQuietly, startLocal, versionText } from './contender.ts';

/** The program of this build. */
export const STOWAGE = join(import.meta.dirname, '../../bundle/bin.js');

/** Stowage on `folder`, which several contenders may share. */
export async function startStowage(folder: string, workers: number | 'auto'): Promise<Contender> {
  const name = workers === 1 ? 'Stowage, 1 process' : `Stowage, workers: ${workers}`;
  return {
    ...(await startOnDisk(STOWAGE, { name, folder, root: join(folder, 'stowage'), http: { workers } })),
    workers,
  };
}

/** One process of an earlier build of Stowage, `program`, on a separate root. */
export function startEarlierStowage(folder: string, program: string): Promise<Contender> {
  return startOnDisk(program, { name: 'Earlier Stowage', folder, root: join(folder, 'earlier'), http: { workers: 1 } });
}

/** One process of Stowage on `folder` with further sections of the configuration, such as `auth`. */
export function startGuardedStowage(folder: string, name: string, others: object): Promise<Contender> {
  return startOnDisk(STOWAGE, { name, folder, root: join(folder, 'stowage'), http: { workers: 1 }, others });
}

/** Stowage in one process on Cloud Storage at `endpoint`. */
export function startStowageOnGcs(folder: string, gcs: { bucket: string; endpoint: string }): Promise<Contender> {
  const name = 'Stowage on Cloud Storage';
  return startLocal(stowage(STOWAGE, { name, folder, root: gcs.endpoint, storage: { gcs }, http: { workers: 1 } }));
}

/**
 * Stowage in one process as one of several instances: locks, messages, tokens and the descriptor cache through Redis.
 * @throws Error when there is no redis-server
 */
export async function startSharingStowage(folder: string): Promise<Contender> {
  const version = versionText('redis-server')?.split(' ')[2];
  if (version === undefined) throw new Error('this needs redis-server: apt-get install redis-server');
  const port = await freePort();
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const redis = spawn('redis-server', args, { stdio: 'ignore' });
  const contender = await startOnDisk(STOWAGE, {
    name: `Stowage, 1 process with Redis ${version}`,
    folder,
    root: join(folder, 'stowage'),
    http: { tokenprovider: 'redis' },
    cache: 'redis',
    others: { redis: { addrs: [`127.0.0.1:${port}`] } },
  });
  return {
    ...contender,
    stop: async () => {
      await contender.stop();
      redis.kill('SIGKILL');
    },
  };
}

interface StowageOptions extends Omit<ConfigurationOptions, 'address'> {
  readonly name: string;
  /** The folder of the configuration. */
  readonly folder: string;
  /** The folder of the content. */
  readonly root: string;
}

function startOnDisk(program: string, options: Omit<StowageOptions, 'storage'>): Promise<Contender> {
  return startLocal(stowage(program, { ...options, storage: diskStorage(options.root) }));
}

function stowage(program: string, { name, folder, root, ...options }: StowageOptions): Program {
  const version = execFileSync(process.execPath, [program, '--version'], { encoding: 'utf8' }).trim();
  const launch: Program['launch'] = (address) => {
    const file = configurationFile(folder, name, { ...options, address });
    return spawnQuietly(process.execPath, [program, 'serve', file]);
  };
  return { name, version, root, launch };
}
