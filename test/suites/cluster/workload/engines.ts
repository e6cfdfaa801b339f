import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { missingPackages, warnOfSkipped } from '../../../helpers/running/tests-that-need.ts';
import { run } from '../../clients/commands.ts';
import { containersHome } from '../../clients/containers-home.ts';
import { startDockerEngine } from '../../clients/docker-engine.ts';
import { writeDockerArchive } from '../../clients/images/docker-archive.ts';
import { readEntry, writeImageLayout } from '../../clients/images/oci-layout.ts';

/** An image made by another program. */
export interface ForeignImage {
  /** Pushes it; rejects if the client gives up. */
  push(reference: string): Promise<void>;
  /** Removes what the client has of it and pulls it; rejects when that fails or is another image. */
  pull(reference: string): Promise<void>;
  /** Whether a manifest is the one that was pushed. */
  isIn(manifest: { digest: string; configDigest: string }): boolean;
}

/** A third-party client. */
export interface Engine {
  readonly name: string;
  /** Makes an image that no registry has. */
  newImage(seed: string): Promise<ForeignImage>;
}

const LAYERS = [[40_000, 3], [150_000], [700_000]];

/** Every client that is installed; each other one is named in a conspicuous line. */
export async function startEngines(t: ExecutionContext): Promise<Engine[]> {
  const all = [
    { command: 'skopeo', package: 'skopeo', start: startSkopeo },
    { command: 'podman', package: 'podman', start: startPodman },
    { command: 'dockerd', package: 'docker.io', start: startDocker },
  ];
  const engines: Engine[] = [];
  for (const { command, package: name, start } of all) {
    const needs = missingPackages({ [command]: name });
    if (needs.length === 0) engines.push(await start(t));
    else warnOfSkipped(`pushes and pulls by ${command} in ${t.title}`, needs);
  }
  return engines;
}

async function startSkopeo(t: ExecutionContext): Promise<Engine> {
  const { folder, env } = await containersHome(t);
  const copy = (from: string, to: string): Promise<string> =>
    run('skopeo', ['copy', '--src-tls-verify=false', '--dest-tls-verify=false', from, to], { env });
  return {
    name: 'skopeo',
    newImage: async (seed) => {
      const layout = join(folder, seed);
      const { digest } = await writeImageLayout(layout, { seed, layers: LAYERS });
      return {
        push: async (reference) => void (await copy(`oci:${layout}:latest`, `docker://${reference}`)),
        pull: async (reference) => {
          const pulled = join(folder, `${seed}-pulled`);
          await copy(`docker://${reference}`, `oci:${pulled}:latest`);
          const entry = await readEntry(pulled);
          if (entry.digest !== digest) throw new OtherImage(reference, digest, entry.digest);
        },
        isIn: (manifest) => manifest.digest === digest,
      };
    },
  };
}

async function startPodman(t: ExecutionContext): Promise<Engine> {
  const { folder, env, storage } = await containersHome(t);
  const global = [...storage, '--tmpdir', join(folder, 'tmp'), '--cgroup-manager=cgroupfs', '--events-backend=none'];
  const podman = (...args: string[]): Promise<string> => run('podman', [...global, ...args], { env });
  return loadingEngine('podman', folder, {
    load: (archive) => podman('load', '--input', archive),
    push: (image, reference) => podman('push', '--tls-verify=false', image, reference),
    pull: (reference) => podman('pull', '--tls-verify=false', reference),
    remove: () => podman('rmi', '--all', '--force'),
    idOf: async (reference) => `sha256:${await podman('image', 'inspect', '--format', '{{.Id}}', reference)}`,
  });
}

async function startDocker(t: ExecutionContext): Promise<Engine> {
  const docker = await startDockerEngine(t);
  return loadingEngine('docker', docker.folder, {
    load: (archive) => docker.run('load', '--input', archive),
    push: async (image, reference) => {
      await docker.run('tag', image, reference);
      return await docker.run('push', reference);
    },
    pull: (reference) => docker.run('pull', reference),
    remove: async (image, reference) => await docker.run('rmi', '--force', image, reference),
    idOf: (reference) => docker.run('image', 'inspect', '--format', '{{.Id}}', reference),
  });
}

/** What a client that keeps images of its own can do. */
interface ImageCommands {
  load(archive: string): Promise<string>;
  push(image: string, reference: string): Promise<string>;
  pull(reference: string): Promise<string>;
  remove(image: string, reference: string): Promise<string>;
  idOf(reference: string): Promise<string>;
}

function loadingEngine(name: string, folder: string, commands: ImageCommands): Engine {
  return {
    name,
    newImage: async (seed) => {
      const archive = join(folder, 'image.tar');
      const image = `localhost/${name}:${seed}`;
      const id = await writeDockerArchive(archive, { seed, layers: LAYERS }, image);
      await commands.load(archive);
      return {
        push: async (reference) => void (await commands.push(image, reference)),
        pull: async (reference) => {
          // A second attempt has nothing left to remove.
          await commands.remove(image, reference).catch(() => undefined);
          await commands.pull(reference);
          const pulled = await commands.idOf(reference);
          if (pulled !== id) throw new OtherImage(reference, id, pulled);
        },
        isIn: (manifest) => manifest.configDigest === id,
      };
    },
  };
}

/** A registry returned something other than what was pushed; a retry never makes up for that. */
export class OtherImage extends Error {
  constructor(reference: string, expected: string, found: string) {
    super(`${reference} is ${found}, and not ${expected}`);
  }
}
