import { childPath, DriverError, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
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
