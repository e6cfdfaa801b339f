import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { DriverError, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';
import { readSmallFile } from '../../../core/storage/small-files.ts';
import { type SigningKeySource, type SigningKeys, signingKeyOf, signingKeysFrom } from './signing-keys.ts';

const MAX_BYTES = 4096;

/**
 * A key that the first instance generates and stores, so that all instances on the storage have the same one. Anybody who
 * can read it can issue tokens. Deleting the file and restarting all instances replaces it.
 */
export class StoredSigningKey implements SigningKeySource {
  readonly #keys: SigningKeys;

  private constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  /**
   * @param options.isReadOnly whether a missing key must not be created
   * @throws Error that says why there is no key
   */
  static async open(
    driver: StorageDriver,
    path: StoragePath,
    { isReadOnly }: { readonly isReadOnly: boolean },
  ): Promise<StoredSigningKey> {
    const stored =
      (await readSmallFile(driver, path, { maxBytes: MAX_BYTES })) ?? (await create(driver, path, isReadOnly));
    return new StoredSigningKey(signingKeysFrom([await signingKeyOf(createPrivateKey(stored))]));
  }

  current(): Promise<SigningKeys> {
    return Promise.resolve(this.#keys);
  }
}

/** Of several instances that create it at the same time, one succeeds; all use its key. */
async function create(driver: StorageDriver, path: StoragePath, isReadOnly: boolean): Promise<Buffer> {
  if (isReadOnly) throw new Error('the registry is read-only');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  try {
    await driver.write(path, Buffer.from(pem), { ifAbsent: true });
  } catch (error) {
    if (!DriverError.is(error, 'conflict')) throw error;
  }
  const stored = await readSmallFile(driver, path, { maxBytes: MAX_BYTES });
  if (stored === undefined) throw new Error('the key vanished while it was created');
  return stored;
}
