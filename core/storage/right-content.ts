import type { Digest } from '../digest/digest.ts';
import { DigestVerifier } from '../digest/digester.ts';
import { DriverError, type StorageDriver, type StoragePath } from '../driver/index.ts';

/** Whether the content at `path` has this digest; content that disappears meanwhile has not. One driver call and a read. */
export async function isRight(driver: StorageDriver, path: StoragePath, digest: Digest): Promise<boolean> {
  const verifier = new DigestVerifier(digest);
  try {
    const stream = await driver.read(path);
    for await (const bytes of stream as AsyncIterable<Uint8Array>) {
      verifier.update(bytes);
      stream.recycle?.(bytes);
    }
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return false;
    throw error;
  }
  return verifier.verified;
}
