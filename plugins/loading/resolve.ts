import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ANY_PLUGIN, type PluginFamily } from '../kinds/plugin-family.ts';
import { builtInPlaces } from './built-in-places.ts';
import { type FoundPlugin, findFile, foundAt, type PluginSearch, unusableEntry } from './find-file.ts';
import { installCommand } from './install-command.ts';
import { moduleFolders, OWN_FOLDER, packageFolder, resolveFrom } from './node-resolver.ts';
import { PluginLoadError, type PluginPlace } from './plugin-load-error.ts';
import { suggest } from './suggest.ts';

/**
 * Finds the plugin that `spec` names: the built-in of that name, the package `<prefix><spec>`, the package `spec`, or the file or
 * package folder `spec`; only the last if it begins with `./`, `../` or `/`. Paths are relative to the folder of the configuration
 * file; packages are resolved from there first, then from Stowage itself. A name that distribution or a later Stowage uses is never
 * taken as the name of a package.
 * @throws PluginLoadError `not-installed`; `dependency-missing` or `not-a-plugin` for a package without a usable entry
 */
export async function findPlugin(spec: string, family: PluginFamily, place: PluginPlace): Promise<FoundPlugin> {
  const search = { spec, place };
  const path = resolve(place.baseFolder, spec);
  if (isPath(spec)) {
    const found = await findFile(path, search);
    if (found === undefined) throw await noFile(path, family, search);
    return found;
  }
  const builtIn = Object.hasOwn(family.builtIn, spec) ? family.builtIn[spec] : undefined;
  if (builtIn !== undefined) return { origin: 'built in', remedyFor: () => 'reinstall Stowage', load: builtIn };
  const absence = Object.hasOwn(family.absent ?? {}, spec) ? family.absent?.[spec] : undefined;
  if (absence !== undefined) throw absent(search, family, absence);
  const tried: string[] = [];
  for (const name of packageNames(spec, family)) {
    for (const folder of [resolve(place.baseFolder), OWN_FOLDER]) {
      tried.push(`tried: package ${JSON.stringify(name)} from ${folder}`);
      const found = findPackage(name, folder, search);
      if (found !== undefined) return found;
    }
  }
  // A folder of that name without package.json is something else, such as a driver's storage.
  const isCode = spec !== '' && ((await findsFile(path)) || (await findsFile(join(path, 'package.json'))));
  const found = isCode ? await findFile(path, search) : undefined;
  if (found !== undefined) return found;
  throw await notInstalled(search, [...tried, `tried: file ${path}`], family);
}

function isPath(spec: string): boolean {
  return /^\.{1,2}(?:[\\/]|$)/.test(spec) || isAbsolute(spec);
}

// A package, with an optional path inside it. Never a URL: `import` would run the content of a `data:` URL.
const PACKAGE_NAME = /^(?:@[\w~-][\w.~-]*\/)?[\w~-][\w.~-]*(?:\/[\w~-][\w.~-]*)*$/;

function packageNames(spec: string, { prefix }: PluginFamily): string[] {
  if (!PACKAGE_NAME.test(spec)) return [];
  return spec.startsWith('@') || spec.startsWith(prefix) ? [spec] : [prefix + spec, spec];
}

function findPackage(name: string, from: string, search: PluginSearch): FoundPlugin | undefined {
  const parent = pathToFileURL(join(from, 'configuration')).href;
  try {
    const folder = packageFolder(name, parent);
    if (folder === undefined) return undefined;
    const url = resolveFrom(name, parent);
    const remedyFor = (): string => installCommand(resolve(search.place.baseFolder), name);
    return foundAt(url, { origin: `package ${JSON.stringify(name)} in ${folder}`, folder, remedyFor });
  } catch (error) {
    throw unusableEntry(`package ${JSON.stringify(name)}`, error, search);
  }
}

async function findsFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function noFile(path: string, { noun }: PluginFamily, { spec, place }: PluginSearch): Promise<PluginLoadError> {
  const names = await namesIn(dirname(path));
  const near = names.find((name) => parse(name).name === basename(path)) ?? suggest(basename(path), names);
  return new PluginLoadError(
    'not-installed',
    spec,
    [
      `there is no file for ${noun} ${JSON.stringify(spec)}`,
      `tried: ${path}`,
      ...(near === undefined ? [] : [`did you mean ${JSON.stringify(`${dirname(spec)}/${near}`)}?`]),
    ],
    { place },
  );
}

async function notInstalled(
  { spec, place }: PluginSearch,
  tried: readonly string[],
  family: PluginFamily,
): Promise<PluginLoadError> {
  const builtIn = Object.keys(family.builtIn);
  const installed = await installedPackages(place.baseFolder, family.prefix);
  const names = packageNames(spec, family);
  const broken = installed.filter((name) => names.includes(name));
  const short = installed.map((name) => name.slice(family.prefix.length));
  const places = builtInPlaces(spec);
  const near = broken.length > 0 || places.length > 0 ? undefined : suggest(spec, [...builtIn, ...short, ...installed]);
  return new PluginLoadError(
    'not-installed',
    spec,
    [
      `${family.noun} ${JSON.stringify(spec)} is not installed`,
      ...broken.map((name) => `"${name}" in node_modules is a broken link: reinstall it`),
      ...(places.length === 0 ? [] : [`${JSON.stringify(spec)} is built in: use it under ${places.join(' or ')}`]),
      ...(near === undefined ? [] : [`did you mean ${JSON.stringify(near)}?`]),
      ...(names.length === 0 ? ['this is not a valid package name; paths begin with ./, ../ or /'] : []),
      ...tried,
      ...(builtIn.length === 0 ? [] : [`built in: ${builtIn.join(', ')}`]),
      `installed packages ${family.prefix}*: ${installed.join(', ') || 'none'}`,
      // A package with the name of something built in is hardly what was meant.
      ...(names.length === 0 || places.length > 0 ? [] : [howToInstall({ spec, place }, family)]),
    ],
    { place },
  );
}

/** Suggests installing only a name that the operator wrote: anybody could publish a name that Stowage makes up. */
function howToInstall({ spec, place }: PluginSearch, family: PluginFamily): string {
  const isPackage = spec.startsWith('@') || spec.startsWith(family.prefix) || family === ANY_PLUGIN;
  // npm takes a name with a path in it for a GitHub repository.
  if (!isPackage || isInside(spec)) return NAME_IN_FULL;
  return `to install a package: ${installCommand(resolve(place.baseFolder), spec)}`;
}

const NAME_IN_FULL = 'to use a package: install it, and give its full name here';

function absent({ spec, place }: PluginSearch, { noun, builtIn }: PluginFamily, why: string): PluginLoadError {
  return new PluginLoadError(
    'not-installed',
    spec,
    [
      `this version has no ${noun} ${JSON.stringify(spec)}: ${why}`,
      `built in: ${Object.keys(builtIn).join(', ')}`,
      NAME_IN_FULL,
    ],
    { place },
  );
}

/** Whether it names something inside a package. */
function isInside(name: string): boolean {
  return name.split('/').length > (name.startsWith('@') ? 2 : 1);
}

async function installedPackages(baseFolder: string, prefix: string): Promise<string[]> {
  const folders = [...moduleFolders(resolve(baseFolder)), ...moduleFolders(OWN_FOLDER)];
  const names = await Promise.all(folders.map(namesIn));
  return [...new Set(names.flat())].filter((name) => name.startsWith(prefix)).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}
