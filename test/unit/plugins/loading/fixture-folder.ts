import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** A folder of its own for one test, with these files; it goes with the test. */
export async function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'stowage-plugins-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** Installs this package below `folder`, as `npm link` does. */
export async function linkStowage(folder: string): Promise<void> {
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await symlink(process.cwd(), join(folder, 'node_modules', 'stowage'));
}

/** The expression of valid capabilities. */
export const CAPABILITIES = `{
  locality: 'local', persistent: false, shared: false, atomicMove: true, strongListing: true,
  hidesUncommitted: true, exclusiveWriters: false, redirect: false, minAppendBytes: 0,
}`;

/** The expression of a driver definition in JavaScript; its driver reports `size` for every file. */
export function driverSource(name: string, overrides = ''): string {
  return `{
    name: '${name}',
    contract: 1,
    options: { '~standard': { version: 1, vendor: 'fixture', validate: (value) => ({ value }) } },
    create: async ({ size = 0 }, { baseFolder }) => ({
      name: '${name}',
      capabilities: { ...(${CAPABILITIES}), baseFolder },
      stat: async (path) => ({ path, isFolder: false, size, modifiedAt: new Date(0) }),
      read: async () => { throw new Error('disk on fire'); },
      write: async () => {},
      openWriter: async () => {},
      list: () => {},
      move: async () => {},
      delete: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }),
    ${overrides}
  }`;
}

/** An ES module package below `node_modules`. */
export function esmPackage(name: string, definition: string, manifest: object = { exports: './entry.js' }) {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({ name, type: 'module', ...manifest }),
    [`node_modules/${name}/entry.js`]: `export default ${definition};\n`,
  };
}

/** A module with a plugin of this kind; `module` is the expression of its `module`. */
export function pluginSource(kind: string, module: string): string {
  return `import * as stowage from 'stowage/plugin';
    const { ${TOKENS.join(', ')}, bindPort, BindingModule, definePlugin, ForwardingManifestService, ForwardingRegistry, RegistryError } = stowage;
    export default definePlugin({
      kind: '${kind}',
      name: 'fixture',
      contract: 1,
      options: { '~standard': { version: 1, vendor: 'fixture', validate: (value) => ({ value }) } },
      module: ${module},
    });`;
}

const TOKENS = [
  'ACCESS_CONTROLLER',
  'DESCRIPTOR_CACHE',
  'DIGEST_ALGORITHM',
  'DRIVER_WRAPPER',
  'EVENT_SINK',
  'LOGGER',
  'REGISTRY',
  'REGISTRY_WRAPPER',
  'ROUTE_EXTENSION',
  'TOKEN_PROVIDER',
];
