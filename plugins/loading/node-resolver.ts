import { createRequire, findPackageJSON, registerHooks } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const STAND_IN = 'stowage:resolved-plugin';

/**
 * The URL that `import specifier` would load in the module `parentUrl`, or else what `require` would: a package may
 * offer its entry under that condition only.
 *
 * `import.meta.resolve` takes no parent and `createRequire` knows no `import` condition, so the question is put
 * to node's own resolver by way of a hook. All of it is synchronous: nobody else ever sees the hook.
 * @throws Error as node's resolver does
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
 * The folder of the package that `specifier` names in the module `parentUrl`; `undefined` when there is none.
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

/** Every `node_modules` folder in which node looks on behalf of a module in `folder`, nearest first. */
export function moduleFolders(folder: string): string[] {
  const parent = dirname(folder);
  const here = `${folder === parent ? '' : folder}/node_modules`;
  return parent === folder ? [here] : [here, ...moduleFolders(parent)];
}

/** Whether `error` is one of node's with this code. */
export function hasCode(error: unknown, ...codes: readonly string[]): error is Error {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code);
}

/** Folder of this module: where Stowage's own packages are looked for. */
export const OWN_FOLDER = dirname(fileURLToPath(import.meta.url));
