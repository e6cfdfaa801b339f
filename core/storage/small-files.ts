import {
  type CallOptions,
  type ChangeOptions,
  DriverError,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';

/** The most attempts to read a file that is replaced while it is read. */
const MAX_READS = 3;

/**
 * The first bytes of a file, at most `maxBytes`; `undefined` when it is missing. One driver call; another one when the
 * content was replaced, and not kept by the driver, while it was read.
 */
export async function readStart(
  driver: StorageDriver,
  path: StoragePath,
  options: CallOptions & { readonly maxBytes: number },
): Promise<Buffer | undefined> {
  for (let reads = 1; ; reads += 1) {
    try {
      return await readOnce(driver, path, options);
    } catch (error) {
      if (!DriverError.is(error, 'conflict') || reads === MAX_READS) throw error;
    }
  }
}

async function readOnce(
  driver: StorageDriver,
  path: StoragePath,
  { maxBytes, signal }: CallOptions & { readonly maxBytes: number },
): Promise<Buffer | undefined> {
  const chunks: Uint8Array[] = [];
  try {
    const stream = await driver.read(path, { end: maxBytes, signal });
    if (stream.whole !== undefined) return asBuffer(stream.whole);
    for await (const chunk of stream as AsyncIterable<Uint8Array>) chunks.push(chunk);
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return undefined;
    throw error;
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? asBuffer(only) : Buffer.concat(chunks);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The whole content of a small file; `undefined` when it is missing. One driver call.
 * @throws DriverError `unavailable` when it is larger than `maxBytes`
 */
export async function readSmallFile(
  driver: StorageDriver,
  path: StoragePath,
  options: CallOptions & { readonly maxBytes: number },
): Promise<Buffer | undefined> {
  const bytes = await readStart(driver, path, { ...options, maxBytes: options.maxBytes + 1 });
  if (bytes === undefined || bytes.byteLength <= options.maxBytes) return bytes;
  throw new DriverError('unavailable', {
    path,
    driver: driver.name,
    cause: new Error(`the file is larger than ${options.maxBytes} bytes`),
  });
}

/** Deletes `path`; resolves with whether anything was there. */
export async function deleteIfPresent(
  driver: StorageDriver,
  path: StoragePath,
  options?: ChangeOptions,
): Promise<boolean> {
  try {
    await driver.delete(path, options);
    return true;
  } catch (error) {
    if (DriverError.is(error, 'not-found')) return false;
    throw error;
  }
}
