import { childPath, DriverError, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { PathMapper } from '../../../core/storage/paths/path-mapper.ts';
import { drain } from '../../../testing/driver-case.ts';

/** Every committed file of a driver with its bytes. */
export type StoredFiles = ReadonlyMap<string, Buffer>;

/** Reads everything that a driver has. Files that vanish meanwhile are left out. */
export async function storedFiles(driver: StorageDriver, folder: StoragePath = ROOT_PATH): Promise<StoredFiles> {
  const files = new Map<string, Buffer>();
  await collect(driver, folder, files);
  return files;
}

async function collect(driver: StorageDriver, folder: StoragePath, files: Map<string, Buffer>): Promise<void> {
  try {
    for await (const { name, isFolder } of driver.list(folder)) {
      const path = childPath(folder, name);
      if (isFolder) await collect(driver, path, files);
      else files.set(path, await drain(await driver.read(path)));
    }
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
}

const PATHS = new PathMapper();
const ASIDE = /\/_jobs\/gc\/collections\/([^/]+)\/aside\//;

/**
 * The same files, with what garbage collections have set aside at its place, unless there is something: whoever looks
 * for it puts it back.
 */
export function withAsides(files: StoredFiles): StoredFiles {
  const all = new Map(files);
  for (const [path, bytes] of files) {
    const [, id] = ASIDE.exec(path) ?? [];
    if (id === undefined) continue;
    const original = PATHS.collections.originalOf(id, path as StoragePath);
    if (!all.has(original)) all.set(original, bytes);
  }
  return all;
}
