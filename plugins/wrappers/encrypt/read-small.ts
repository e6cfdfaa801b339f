import { DriverError, type StorageDriver, type StoragePath } from '../../../core/driver/index.ts';

/** All bytes of a small file of the wrapper itself; `undefined` when there is none. */
export async function readSmall(
  driver: StorageDriver,
  path: StoragePath,
  signal?: AbortSignal,
): Promise<Buffer | undefined> {
  try {
    const stream = await driver.read(path, { signal });
    if (stream.whole !== undefined) return Buffer.from(stream.whole);
    const chunks: Uint8Array[] = [];
    for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return undefined;
    throw error;
  }
}
