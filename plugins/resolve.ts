import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PluginFamily } from './builtin.ts';
import { hasCode, moduleFolders, OWN_FOLDER, packageFolder, resolveFrom } from './node-resolver.ts';
import { messageOf, PluginLoadError, type PluginPlace } from './plugin-load-error.ts';
import { suggest } from './suggest.ts';

/** A plugin that was found and not yet loaded. */
export interface FoundPlugin {
  /** What it is, for messages: built in, a package and its folder, or a file. */
  readonly origin: string;
  /** How to get what it imports, when that is missing. */
  readonly remedy: string;
  /** Gives its module. */
  readonly load: () => Promise<unknown>;
}

/**
 * Finds the plugin that `spec` names: the built-in one of that name, the package `<prefix><spec>`, the package
 * `spec`, or the file or folder `spec` when that begins with `./`, `../` or `/`. Paths start at the folder of
 * the configuration file; packages are looked for from there first, then from Stowage itself.
 * @throws PluginLoadError `not-installed`; `dependency-missing` or `not-a-plugin` for a package without a usable entry
 */
export async function findPlugin(spec: string, family: PluginFamily, place: PluginPlace): Promise<FoundPlugin> {
  if (isPath(spec)) return findFile(spec, family, place);
  const builtIn = Object.hasOwn(family.builtIn, spec) ? family.builtIn[spec] : undefined;
  if (builtIn !== undefined) return { origin: 'built in', remedy: 'install Stowage anew', load: builtIn };
  const tried: string[] = [];
  for (const name of packageNames(spec, family)) {
    for (const folder of [resolve(place.baseFolder), OWN_FOLDER]) {
      tried.push(`tried: package ${JSON.stringify(name)} from ${folder}`);
      const found = findPackage(name, folder, { spec, place });
      if (found !== undefined) return found;
    }
  }
  throw await notInstalled(spec, tried, { family, place });
}

function isPath(spec: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)/.test(spec) || isAbsolute(spec);
}

// A package, perhaps with a path inside it. Never a URL: `import` would run what a `data:` one holds.
const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/;

function packageNames(spec: string, { prefix }: PluginFamily): string[] {
  if (!PACKAGE_NAME.test(spec)) return [];
  return spec.startsWith('@') || spec.startsWith(prefix) ? [spec] : [prefix + spec, spec];
}

interface Request {
  readonly spec: string;
  readonly place: PluginPlace;
}

function findPackage(name: string, from: string, request: Request): FoundPlugin | undefined {
  const parent = pathToFileURL(join(from, 'configuration')).href;
  try {
    const folder = packageFolder(name, parent);
    if (folder === undefined) return undefined;
    const url = resolveFrom(name, parent);
    const remedy = `npm install --prefix ${resolve(request.place.baseFolder)} ${name}`;
    return { origin: `package ${JSON.stringify(name)} in ${folder}`, remedy, load: () => import(url) };
  } catch (error) {
    throw unusableEntry(`package ${JSON.stringify(name)}`, error, request);
  }
}

async function findFile(spec: string, family: PluginFamily, place: PluginPlace): Promise<FoundPlugin> {
  const path = resolve(place.baseFolder, spec);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) {
    const near = suggest(basename(path), await namesIn(dirname(path)));
    throw new PluginLoadError(
      'not-installed',
      spec,
      [
        `there is no file for ${family.noun} ${JSON.stringify(spec)}`,
        `tried: ${path}`,
        ...(near === undefined ? [] : [`did you mean ${JSON.stringify(`${dirname(spec)}/${near}`)}?`]),
      ],
      { place },
    );
  }
  if (!info.isDirectory()) {
    const remedy = `npm install --prefix ${dirname(path)}`;
    return { origin: `file ${path}`, remedy, load: () => import(pathToFileURL(path).href) };
  }
  try {
    const url = await entryOf(path);
    return { origin: `folder ${path}`, remedy: `npm install --prefix ${path}`, load: () => import(url) };
  } catch (error) {
    throw unusableEntry(`folder ${path}`, error, { spec, place });
  }
}

/** The entry of a package that is not below any `node_modules`: there only its own name leads to its `exports`. */
async function entryOf(folder: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const fields = typeof manifest === 'object' && manifest !== null ? manifest : {};
  const parent = pathToFileURL(join(folder, 'package.json')).href;
  if ('exports' in fields && 'name' in fields && typeof fields.name === 'string') {
    return resolveFrom(fields.name, parent);
  }
  const main = 'main' in fields && typeof fields.main === 'string' ? fields.main : 'index.js';
  return resolveFrom(`./${main}`, parent);
}

function unusableEntry(what: string, error: unknown, { spec, place }: Request): PluginLoadError {
  const missing = hasCode(error, 'ERR_MODULE_NOT_FOUND', 'ENOENT');
  return new PluginLoadError(
    missing ? 'dependency-missing' : 'not-a-plugin',
    spec,
    [
      missing
        ? `${what} is there, but a file of it is missing: install it anew`
        : `${what} is there, but has no entry that can be imported`,
      `node says: ${messageOf(error)}`,
    ],
    { place, cause: error },
  );
}

async function notInstalled(
  spec: string,
  tried: readonly string[],
  { family, place }: { readonly family: PluginFamily; readonly place: PluginPlace },
): Promise<PluginLoadError> {
  const builtIn = Object.keys(family.builtIn);
  const installed = await installedPackages(place.baseFolder, family.prefix);
  const short = installed.map((name) => name.slice(family.prefix.length));
  const near = suggest(spec, [...builtIn, ...short, ...installed]);
  const wanted = packageNames(spec, family)[0];
  return new PluginLoadError(
    'not-installed',
    spec,
    [
      `no ${family.noun} ${JSON.stringify(spec)} is installed`,
      ...(near === undefined ? [] : [`did you mean ${JSON.stringify(near)}?`]),
      ...tried,
      ...(builtIn.length === 0 ? [] : [`built in: ${builtIn.join(', ')}`]),
      `installed packages ${family.prefix}*: ${installed.join(', ') || 'none'}`,
      ...(wanted === undefined
        ? []
        : [`to install a package: npm install --prefix ${resolve(place.baseFolder)} ${wanted}`]),
    ],
    { place },
  );
}

async function installedPackages(baseFolder: string, prefix: string): Promise<string[]> {
  const folders = [...moduleFolders(resolve(baseFolder)), ...moduleFolders(OWN_FOLDER)];
  const names = await Promise.all(folders.map(namesIn));
  return [...new Set(names.flat())].filter((name) => name.startsWith(prefix)).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
