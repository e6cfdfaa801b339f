import { childPath, DriverError, ROOT_PATH, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { readSmall } from './read-small.ts';
import { KEYS_FOLDER, OWN_FOLDER } from './side-paths.ts';
import type { KeyRing } from './storage-key.ts';
import { decryptWhole, encryptWhole } from './whole-file.ts';

const MARK = Buffer.from('This storage is encrypted with this key.\n');

/**
 * Checks that every key that was ever used in this storage is configured, and notes the current one before it is used.
 * @throws Error that says what to do
 */
export async function checkStore(driver: StorageDriver, keys: KeyRing): Promise<void> {
  const noted = await namesIn(driver, KEYS_FOLDER);
  if (noted.length === 0) await assertEmpty(driver);
  for (const number of noted) await assertKey(driver, keys, number);
  if (noted.includes(keys.current.number)) return;
  const place = childPath(KEYS_FOLDER, keys.current.number);
  try {
    await driver.write(place, encryptWhole(MARK, place, keys), { ifAbsent: true });
  } catch (error) {
    // Another process was faster.
    if (!DriverError.is(error, 'conflict')) throw error;
  }
}

async function assertEmpty(driver: StorageDriver): Promise<void> {
  const names = (await namesIn(driver, ROOT_PATH)).filter((name) => `/${name}` !== OWN_FOLDER);
  if (names.length === 0) return;
  throw new Error(
    `encrypt: the storage has content that was written without encryption (${names.slice(0, 3).join(', ')}). ` +
      'Encrypt it by a copy into an empty storage, with stowage copy-storage, or storage.copyfrom to serve meanwhile.',
  );
}

async function assertKey(driver: StorageDriver, keys: KeyRing, number: string): Promise<void> {
  if (keys.find(number) === undefined) {
    throw new Error(
      `encrypt: the storage was written with the key ${number}, which is not configured; configured: ${keys.names()}. ` +
        'Add it to the end of keys, or correct the key if it is meant to be one of these.',
    );
  }
  const place = childPath(KEYS_FOLDER, number);
  const stored = await readSmall(driver, place);
  if (stored !== undefined && decryptWhole(stored, [place], keys).equals(MARK)) return;
  throw new Error(`encrypt: ${place} is damaged; restore it from a backup of the storage.`);
}

async function namesIn(driver: StorageDriver, folder: StoragePath): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of driver.list(folder)) names.push(name);
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
  return names;
}
