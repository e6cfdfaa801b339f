import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file that appears under its name only when all of its bytes are on the disk; one that is there is replaced.
 * After a failure nothing is left. The name until then is a random one that must be free, so that neither another process
 * nor a link that somebody has put there takes part.
 */
export async function writeNewFile(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const partial = `${path}.${randomUUID()}.partial`;
  const file: FileHandle = await open(partial, 'wx');
  try {
    // Unlike write, it goes on after the system has taken only a part, as on a disk that is nearly full.
    try {
      await file.writeFile(bytes, { signal });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
