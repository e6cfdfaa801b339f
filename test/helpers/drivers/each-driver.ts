import test, { type ExecutionContext } from 'ava';
import { childPath, ROOT_PATH, type StorageDriver } from '../../../core/driver/index.ts';
import { FilesystemDriver } from '../../../drivers/filesystem/filesystem-driver.ts';
import { MemoryDriver } from '../../../drivers/memory/memory-driver.ts';
import { tempRoot } from './temp-root.ts';

/** A test on one driver, without the guard, so that wrappers can be inserted. */
export type DriverTest = (t: ExecutionContext, driver: StorageDriver) => Promise<void>;

/**
 * Declares a test once for each built-in driver; each test gets its own empty driver.
 * @param parent the parent of the filesystem driver's folder
 */
export function eachDriver(title: string, run: DriverTest, parent?: string): void {
  test(`${title} [inmemory]`, (t) => run(t, new MemoryDriver()));
  test(`${title} [filesystem]`, async (t) => run(t, await openFilesystem(t, parent)));
}

/** An empty filesystem driver in a folder of this test. */
export async function openFilesystem(t: ExecutionContext, parent?: string): Promise<StorageDriver> {
  const driver = await FilesystemDriver.open({
    rootFolder: await tempRoot(t, parent),
    maxCalls: 100,
    warn: (text) => t.log(text),
  });
  t.teardown(() => driver[Symbol.asyncDispose]());
  return driver;
}

/** Removes everything that a driver has. */
export async function emptied(driver: StorageDriver): Promise<void> {
  const names: string[] = [];
  for await (const { name } of driver.list(ROOT_PATH)) names.push(name);
  for (const name of names) await driver.delete(childPath(ROOT_PATH, name));
}
