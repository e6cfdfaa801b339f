import { DriverError } from './driver-error.ts';

declare const storagePathBrand: unique symbol;

/** An absolute, normalised path inside a driver's root, for example `/docker/registry/v2/blobs`. */
export type StoragePath = string & {
  /** Only `parseStoragePath` and functions built on it produce such a string; the member does not exist at run time. */
  readonly [storagePathBrand]: true;
};

/** The root of a driver: only `stat` and `list` accept it. */
export const ROOT_PATH = '/' as StoragePath;

// A component is distribution's `[A-Za-z0-9._-]+`, but never `.` or `..`: a path cannot leave the root.
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/;

/** Whether `text` is a storage path other than the root. */
export function isStoragePath(text: string): text is StoragePath {
  return PATH.test(text);
}

/**
 * Parses an untrusted path.
 * @throws DriverError `invalid-path` unless `text` is `/component(/component)*` with components of
 * `A-Z a-z 0-9 . _ -` that are neither `.` nor `..`
 */
export function parseStoragePath(text: string): StoragePath {
  if (!isStoragePath(text)) {
    throw new DriverError('invalid-path', { path: text });
  }
  return text;
}

/** The path of the direct child `name` of `folder`. */
export function childPath(folder: StoragePath, name: string): StoragePath {
  return parseStoragePath(folder === ROOT_PATH ? `/${name}` : `${folder}/${name}`);
}

/** The folder that contains `path`; the root for a path of one component. */
export function parentPath(path: StoragePath): StoragePath {
  const cut = path.lastIndexOf('/');
  return (cut <= 0 ? ROOT_PATH : path.slice(0, cut)) as StoragePath;
}

/** The last component of `path`. */
export function baseName(path: StoragePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
