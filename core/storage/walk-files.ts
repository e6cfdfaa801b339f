import {
  childPath,
  DriverError,
  type ListEntry,
  type ListOptions,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';

/** How many folders may wait to be listed, each by its path. */
const MAX_WAITING = 1_000;

/** What is in a folder, in byte order; nothing if there is no folder. One driver call. */
export async function* childrenOf(
  driver: Pick<StorageDriver, 'list'>,
  folder: StoragePath,
  options?: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  try {
    yield* driver.list(folder, options);
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

/**
 * Runs `action` for every file below a folder, however deep, at most `limit` at a time, in no order. Rejects with the first
 * failure once what runs has ended. Memory: the paths of at most a thousand folders, however many there are.
 */
export async function eachFileBelow(
  driver: Pick<StorageDriver, 'list'>,
  folder: StoragePath,
  { limit, action }: { readonly limit: number; readonly action: (path: StoragePath) => Promise<void> },
): Promise<void> {
  const waiting = [folder];
  const failures: unknown[] = [];
  let running = 0;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const visit = async (place: StoragePath): Promise<void> => {
    for await (const { name, isFolder } of childrenOf(driver, place)) {
      if (failures.length > 0) return;
      const path = childPath(place, name);
      if (!isFolder) await action(path);
      else if (waiting.length >= MAX_WAITING) await visit(path);
      else {
        waiting.push(path);
        start();
      }
    }
  };
  const start = (): void => {
    while (running < limit && failures.length === 0) {
      // The newest, whose folders are the deepest: fewer wait.
      const next = waiting.pop();
      if (next === undefined) break;
      running += 1;
      void visit(next)
        .catch((error: unknown) => failures.push(error))
        .finally(() => {
          running -= 1;
          start();
        });
    }
    if (running === 0) end();
  };
  start();
  await ended;
  if (failures.length > 0) throw failures[0];
}
