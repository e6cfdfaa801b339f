import { createRequire, findPackageJSON, registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const STAND_IN = 'stowage:resolved-plugin';

/**
 * The URL that `import specifier` would load in the module `parentUrl`, or else the one that `require` would load: a
 * package may export its entry under that condition only.
 *
 * `import.meta.resolve` takes no parent and `createRequire` does not know the condition `import`, so a hook delegates to Node's
 * own resolver. Everything is synchronous: no other code ever sees the hook.
 * @throws Error as Node's resolver does
 */
export function resolveFrom(specifier: string, parentUrl: string): string {
  try {
    return resolveForImport(specifier, parentUrl);
  } catch (error) {
    if (!hasCode(error, 'ERR_PACKAGE_PATH_NOT_EXPORTED')) throw error;
    return pathToFileURL(createRequire(parentUrl).resolve(specifier)).href;
  }
}

function resolveForImport(specifier: string, parentUrl: string): string {
  const hooks = registerHooks({
    resolve: (asked, context, next) =>
      asked === STAND_IN ? next(specifier, { ...context, parentURL: parentUrl }) : next(asked, context),
  });
  try {
    return import.meta.resolve(STAND_IN);
  } finally {
    hooks.deregister();
  }
}

/**
 * The folder of the package that `specifier` names in the module `parentUrl`; `undefined` when it is not installed.
 * @throws Error when its package.json cannot be read
 */
export function packageFolder(specifier: string, parentUrl: string): string | undefined {
  try {
    const manifest = findPackageJSON(specifier, parentUrl);
    return manifest === undefined ? undefined : dirname(manifest);
  } catch (error) {
    if (hasCode(error, 'ERR_MODULE_NOT_FOUND') || hasCode(error, 'ERR_INVALID_MODULE_SPECIFIER')) return undefined;
    throw error;
  }
}

/** Every `node_modules` folder that Node searches for a module in `folder`, nearest first. */
export function moduleFolders(folder: string): string[] {
  const parent = dirname(folder);
  const here = `${folder === parent ? '' : folder}/node_modules`;
  return parent === folder ? [here] : [here, ...moduleFolders(parent)];
}

/** Whether `error` is an error of Node with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is Error {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

/** The folder of this module, where the search for Stowage's own packages starts. */
export const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));
