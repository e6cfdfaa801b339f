import { childPath, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../../../core/driver/index.ts';
import { MemoryDriver } from '../../../../../drivers/memory/memory-driver.ts';
import encrypt from '../../../../../plugins/wrappers/encrypt/index.ts';
import { at, drain } from '../../../../../testing/driver-case.ts';
import { wrap } from '../wrap.ts';
import { KEY } from './encrypted-filesystem.ts';

/** A storage, and the driver that encrypts what is in it. */
export interface EncryptedStore {
  readonly inner: StorageDriver;
  readonly driver: StorageDriver;
}

/** An encrypted storage with these keys. Default: a new one, with one key. */
export async function encryptedStore(
  inner: StorageDriver = new MemoryDriver(),
  keys: readonly unknown[] = [{ id: 'only', value: KEY }],
): Promise<EncryptedStore> {
  return { inner, driver: await wrap(inner, { definition: encrypt, options: { keys } }) };
}

/** The stored bytes of a file. */
export async function storedBytes({ inner }: EncryptedStore, path: string): Promise<Buffer> {
  return drain(await inner.read(at(path)));
}

/** The paths of all files. */
export async function pathsIn(driver: StorageDriver, folder: StoragePath = ROOT_PATH): Promise<StoragePath[]> {
  const paths: StoragePath[] = [];
  for await (const { name, isFolder } of driver.list(folder)) {
    const path = childPath(folder, name);
    paths.push(...(isFolder ? await pathsIn(driver, path) : [path]));
  }
  return paths;
}
