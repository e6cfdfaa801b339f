import { childPath, DriverError, type ListEntry, type StorageDriver, type StoragePath } from '../driver/index.ts';

/** What is in a folder, in byte order; nothing if there is no folder. One driver call. */
export async function* childrenOf(
  driver: Pick<StorageDriver, 'list'>,
  folder: StoragePath,
): AsyncGenerator<ListEntry, void, undefined> {
  try {
    yield* driver.list(folder);
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
}

/** Every file below a folder, however deep. One driver call for each folder. */
export async function* filesBelow(
  driver: Pick<StorageDriver, 'list'>,
  folder: StoragePath,
): AsyncGenerator<StoragePath, void, undefined> {
  for await (const { name, isFolder } of childrenOf(driver, folder)) {
    const path = childPath(folder, name);
    if (isFolder) yield* filesBelow(driver, path);
    else yield path;
  }
}
