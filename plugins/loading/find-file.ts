import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { errorMessage } from './error-message.ts';
import { installCommand, shellWord } from './install-command.ts';
import { hasCode, resolveFrom } from './node-resolver.ts';
import { PluginLoadError, type PluginPlace } from './plugin-load-error.ts';
import { importPlugin } from './source-place.ts';

/** A plugin that was found and not yet loaded. */
export interface FoundPlugin {
  /** What it is, for messages: built in, a package and its folder, or a file. */
  readonly origin: string;
  /** How to get something that it imports and that is not there. */
  readonly remedyFor: (missing: MissingImport) => string;
  /** The folder with its own code; absent for built-in plugins. */
  readonly folder?: string | undefined;
  /** The command that shows the syntax error in its source; absent for built-in plugins. */
  readonly check?: string | undefined;
  /** Gives its module. */
  readonly load: () => Promise<unknown>;
}

/** An import that leads nowhere: to a package that is not installed, to a file of an installed package, or to another file. */
export type MissingImport = { readonly package: string } | 'installed' | 'file';

/** What is looked for, and for whom. */
export interface PluginSearch {
  /** As the configuration has it. */
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
    if (missing === 'file') return 'correct the import, or put the file there';
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
      'remedy: name a file or a package in it',
    ],
    { place },
  );
}

/** What is there cannot be loaded. */
export function unusableEntry(what: string, error: unknown, { spec, place }: PluginSearch): PluginLoadError {
  const isMissing = hasCode(error, 'ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND');
  return new PluginLoadError(
    isMissing ? 'dependency-missing' : 'not-a-plugin',
    spec,
    [
      isMissing
        ? `${what} is there, but a file of it is missing: install it anew`
        : `${what} is there, but has no entry that can be imported`,
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
    // Outside of node_modules only its own name leads to the exports of a package.
    return resolveFrom(manifest.name, pathToFileURL(file).href);
  }
  throw new Error(`${file} has "exports" and no "name": give it a name, or "main" in the place of "exports"`);
}

async function readManifest(file: string): Promise<object> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return '{}';
    throw error;
  });
  const manifest: unknown = JSON.parse(text);
  return typeof manifest === 'object' && manifest !== null ? manifest : {};
}
