import { childPath, DriverError, parseStoragePath, ROOT_PATH, type StoragePath } from '../../../core/driver/index.ts';

/** The folder, in the root of the storage, of what the wrapper keeps for itself. Nobody else sees it. */
export const OWN_FOLDER = parseStoragePath('/stowage-encryption');
/** One file for each key that this storage has ever used. */
export const KEYS_FOLDER = childPath(OWN_FOLDER, 'keys');
/** What belongs to the file, or to the files below the folder, at a path; it is removed together with them. */
const PATHS_FOLDER = childPath(OWN_FOLDER, 'paths');

/** Where everything that belongs to `path` is, and to the paths below it. */
export function sideFolder(path: StoragePath): StoragePath {
  return path === ROOT_PATH ? PATHS_FOLDER : (`${PATHS_FOLDER}${path}` as StoragePath);
}

/** The bytes of a write that is not committed. */
export function uploadPath(path: StoragePath): StoragePath {
  return `${sideFolder(path)}/data` as StoragePath;
}

/** What a writer needs to continue a write that is not committed. */
export function uploadStatePath(path: StoragePath): StoragePath {
  return `${sideFolder(path)}/state` as StoragePath;
}

/** The permit of a file that was moved to `path`. Its name has the beginning of the file's salt. */
export function permitPath(path: StoragePath, header: Buffer): StoragePath {
  return `${sideFolder(path)}/moved-${header.toString('hex', 16, 32)}` as StoragePath;
}

/** @throws DriverError `invalid-path` for a path of the wrapper itself */
export function refuseOwn(path: StoragePath): void {
  if (!isOwn(path)) return;
  throw new DriverError('invalid-path', { path, cause: new Error('this folder belongs to the middleware "encrypt"') });
}

/** Whether `path` is one of the wrapper itself. */
export function isOwn(path: StoragePath): boolean {
  return path === OWN_FOLDER || path.startsWith(`${OWN_FOLDER}/`);
}
