import { type CallOptions, DriverError, type StorageDriver, type StoragePath } from '../driver/index.ts';

/**
 * The whole content of a small file; `undefined` when there is none. One driver call.
 * @throws DriverError `unavailable` when it is larger than `maxBytes`
 */
export async function readSmallFile(
  driver: StorageDriver,
  path: StoragePath,
  options: CallOptions & { readonly maxBytes: number },
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const stream = await driver.read(path, { end: options.maxBytes + 1, signal: options.signal });
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.byteLength;
    }
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return undefined;
    throw error;
  }
  if (size > options.maxBytes) {
    throw new DriverError('unavailable', {
      path,
      driver: driver.name,
      cause: new Error(`the file is larger than ${options.maxBytes} bytes`),
    });
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1
    ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    : Buffer.concat(chunks);
}

/** Deletes `path`; tells whether there was anything to delete. */
export async function deleteIfPresent(driver: StorageDriver, path: StoragePath): Promise<boolean> {
  try {
    await driver.delete(path);
    return true;
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return false;
    throw error;
  }
}
