import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { tempRoot } from '../drivers/temp-root.ts';
import { digestOf, expectStatus, type Registry, withRegistry } from './with-registry.ts';

/** A registry that moves from one folder to another at once. */
export interface MovingRegistry {
  readonly old: Registry;
  /** Serves the new storage, and what the old one has until it is told otherwise. */
  readonly serve: (options?: { readonly readsOld: boolean }) => Promise<Registry>;
  /** `alone`: of the new storage, without the old one. */
  readonly configurations: { readonly old: string; readonly new: string; readonly alone: string };
}

/** Starts the old registry; the new one, and commands, are started by the test. */
export async function movingRegistry(t: ExecutionContext): Promise<MovingRegistry> {
  const folder = await tempRoot(t);
  const [oldFolder, newFolder] = [join(folder, 'old'), join(folder, 'new')];
  await mkdir(newFolder);
  const old = await withRegistry(t, { storage: { filesystem: {} }, folder: oldFolder });
  const copyfrom = { filesystem: { rootdirectory: old.root } };
  const [oldFile, newFile, alone] = ['old.yml', 'new.yml', 'alone.yml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const configurations = { old: oldFile, new: newFile, alone };
  const filesystem = { rootdirectory: join(newFolder, 'root') };
  const write = (path: string, storage: object): Promise<void> =>
    writeFile(
      path,
      JSON.stringify({ version: 0.1, storage: { delete: { enabled: true }, ...storage }, http: { addr: ':0' } }),
    );
  await write(configurations.old, copyfrom);
  await write(configurations.new, { filesystem, copyfrom });
  await write(configurations.alone, { filesystem });
  return {
    old,
    serve: ({ readsOld } = { readsOld: true }) =>
      withRegistry(t, { storage: { filesystem: {}, ...(readsOld && { copyfrom }) }, folder: newFolder }),
    configurations,
  };
}

/** Pulls an image with everything it has. */
export async function pull(registry: Registry, name: string, reference: string): Promise<string | undefined> {
  const manifest = expectStatus(await registry.ask('GET', `/v2/${name}/manifests/${reference}`), 200);
  const { layers } = JSON.parse(manifest.text) as { layers: { digest: string }[] };
  for (const { digest } of layers) {
    const blob = expectStatus(await registry.ask('GET', `/v2/${name}/blobs/${digest}`), 200);
    if (digestOf(blob.text) !== digest) throw new Error(`${digest} has other bytes`);
  }
  return manifest.headers['docker-content-digest'] as string | undefined;
}
