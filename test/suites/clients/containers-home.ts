import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../../helpers/drivers/temp-root.ts';

/** The folder of skopeo, podman and buildah during one test. */
export interface ContainersHome {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** The options of podman and buildah that keep their storage here. */
  readonly storage: readonly string[];
}

/** A home without images and credentials. */
export async function containersHome(t: ExecutionContext): Promise<ContainersHome> {
  const folder = await tempRoot(t);
  const credentials = join(folder, 'auth.json');
  await writeFile(credentials, '{}');
  return {
    folder,
    env: { HOME: folder, TMPDIR: folder, REGISTRY_AUTH_FILE: credentials },
    // vfs needs nothing of the kernel, so it works inside containers and on any file system.
    storage: ['--root', join(folder, 'root'), '--runroot', join(folder, 'runroot'), '--storage-driver', 'vfs'],
  };
}
