import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorMessage } from './error-message.ts';
import { installCommand, shellWord } from './install-command.ts';
import { hasCode, resolveFrom } from './node-resolver.ts';
import { PluginLoadError, type PluginPlace } from './plugin-load-error.ts';
import { importPlugin } from './source-place.ts';

/** A plugin that was found but is not loaded yet. */
export interface FoundPlugin {
  /** What it is, for messages: built in, a package and its folder, or a file. */
  readonly origin: string;
  /** How to provide an import that cannot be resolved. */
  readonly remedyFor: (missing: MissingImport) => string;
  /** The folder with its own code; absent for built-in plugins. */
  readonly folder?: string | undefined;
  /** The command that shows the syntax error in its source; absent for built-in plugins. */
  readonly check?: string | undefined;
  /** Imports its module. */
  readonly load: () => Promise<unknown>;
}

/** An import that cannot be resolved: a package that is not installed, a file of an installed package, or any other file. */
export type MissingImport = { readonly package: string } | 'installed' | 'file';

/** A plugin that is looked for, and the place that asks for it. */
export interface PluginSearch {
  /** As it stands in the configuration. */
  readonly spec: string;
  readonly place: PluginPlace;
}

/** The plugin whose module is at `url`. */
export function foundAt(url: string, about: Pick<FoundPlugin, 'origin' | 'remedyFor' | 'folder'>): FoundPlugin {
  return { ...about, check: `node --check ${shellWord(fileURLToPath(url))}`, load: () => importPlugin(url) };
}

/**
 * The plugin in the file `path`, or in the folder `path` of a package that is not below any `node_modules`.
 * @returns `undefined` when nothing is there
 * @throws PluginLoadError `dependency-missing` or `not-a-plugin` for a folder without a usable entry
 */
export async function findFile(path: string, search: PluginSearch): Promise<FoundPlugin | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return undefined;
  if (!info.isDirectory()) {
    const folder = dirname(path);
    return foundAt(pathToFileURL(path).href, { origin: `file ${path}`, folder, remedyFor: remedyIn(folder) });
  }
  try {
    return foundAt(await entryOf(path), { origin: `folder ${path}`, folder: path, remedyFor: remedyIn(path) });
  } catch (error) {
    if (!(await isPackage(path))) throw noPackage(path, search);
    throw unusableEntry(`folder ${path}`, error, search);
  }
}

function remedyIn(folder: string): FoundPlugin['remedyFor'] {
  return (missing) => {
    if (missing === 'file') return 'correct the import, or add the file';
    return installCommand(folder, missing === 'installed' ? undefined : missing.package);
  };
}

async function isPackage(folder: string): Promise<boolean> {
  return (await stat(join(folder, 'package.json')).catch(() => undefined)) !== undefined;
}

function noPackage(folder: string, { spec, place }: PluginSearch): PluginLoadError {
  return new PluginLoadError(
    'not-a-plugin',
    spec,
    [
      `${JSON.stringify(spec)} is the folder ${folder}, which has neither a package.json nor an index.js`,
      'remedy: give the path of a file or a package in it',
    ],
    { place },
  );
}

/** The error for a plugin that is there but cannot be loaded. */
export function unusableEntry(what: string, error: unknown, { spec, place }: PluginSearch): PluginLoadError {
  const isMissing = hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND');
  return new PluginLoadError(
    isMissing ? 'dependency-missing' : 'not-a-plugin',
    spec,
    [
      isMissing
        ? `${what} exists, but one of its files is missing: reinstall it`
        : `${what} exists, but has no entry that can be imported`,
      `node says: ${errorMessage(error)}`,
    ],
    { place, cause: error },
  );
}

async function entryOf(folder: string): Promise<string> {
  const file = join(folder, 'package.json');
  const manifest = await readManifest(file);
  if (!('exports' in manifest)) return pathToFileURL(createRequire(file).resolve(folder)).href;
  if ('name' in manifest && typeof manifest.name === 'string') {
    // Outside node_modules, the exports of a package can only be resolved by its own name.
    return resolveFrom(manifest.name, pathToFileURL(file).href);
  }
  throw new Error(`${file} has "exports" but no "name": add a name, or use "main" instead of "exports"`);
}

async function readManifest(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '{}';
    throw error;
  });
  const manifest: unknown = JSON.parse(text);
  return typeof manifest === 'object' && manifest !== null ? manifest : {};
}
