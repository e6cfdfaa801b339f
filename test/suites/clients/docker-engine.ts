import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';
import { attempt, type Outcome, run } from './commands.ts';
import { startDaemon } from './daemon.ts';

const START_ATTEMPTS = 600;

/** A Docker engine of its own for one test, and the command line for it. */
export interface DockerEngine {
  readonly folder: string;
  run(...args: string[]): Promise<string>;
  attempt(...args: string[]): Promise<Outcome>;
  /** Logs in; the password is passed as Docker recommends. */
  login(host: string, user: string, password: string): Promise<Outcome>;
}

/** Starts an engine without images, networks and credentials. */
export async function startDockerEngine(t: ExecutionContext): Promise<DockerEngine> {
  const folder = await tempRoot(t);
  const socket = `unix://${join(folder, 'docker.sock')}`;
  const env = { HOME: folder, DOCKER_CONFIG: join(folder, 'client'), DOCKER_HOST: socket, DOCKER_CONTEXT: undefined };
  await mkdir(env.DOCKER_CONFIG);
  await writeFile(join(folder, 'daemon.json'), '{}');
  // An engine that ends badly leaves its data folder mounted on itself; one that ends well does not.
  t.teardown(() => attempt('umount', ['--lazy', join(folder, 'data')]));
  const daemon = startDaemon(t, 'dockerd', [
    ...['--host', socket, '--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
    ...['--pidfile', join(folder, 'docker.pid'), '--config-file', join(folder, 'daemon.json')],
    // Nothing of the host's network is touched, and vfs works inside containers and on any file system.
    ...['--bridge', 'none', '--iptables=false', '--ip6tables=false', '--storage-driver', 'vfs'],
  ]);
  for (let attempts = 1; (await attempt('docker', ['version'], { env })).code !== 0; attempts += 1) {
    if (!daemon.alive() || attempts === START_ATTEMPTS) throw new Error(`dockerd does not serve:\n${daemon.output()}`);
    await delay(100);
  }
  return {
    folder,
    run: (...args) => run('docker', args, { env }),
    attempt: (...args) => attempt('docker', args, { env }),
    login: (host, user, input) => attempt('docker', ['login', '-u', user, '--password-stdin', host], { env, input }),
  };
}

/** What `docker image inspect` says about an image. */
export interface InspectedImage {
  readonly Id: string;
  readonly RepoDigests: readonly string[];
  readonly RootFS: { readonly Layers: readonly string[] };
}

export async function inspectImage(docker: DockerEngine, image: string): Promise<InspectedImage> {
  const [found] = JSON.parse(await docker.run('image', 'inspect', image)) as InspectedImage[];
  if (found === undefined) throw new Error(`docker has no ${image}`);
  return found;
}
