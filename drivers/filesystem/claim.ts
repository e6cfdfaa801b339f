import { constants } from 'node:fs';
import { join } from 'node:path';
import { copyFile, type FileHandle, open, stat, truncate } from './file-system.ts';
import { conflictWhenGone, renameOwn } from './fs-races.ts';
import { bytesIn } from './writer-folder.ts';

/** The name of a copy that replaces the bytes; no storage path contains a `~`. */
const NEXT = '~next';

/** A folder that a writer has claimed. */
export interface Claim {
  readonly folder: string;
  readonly tookOver: boolean;
  /** The largest number of bytes to keep. */
  readonly upTo: number;
}

/**
 * Opens the claimed bytes, or a copy that replaces them. @throws DriverError `conflict` when another writer took them
 */
export async function openClaimed({ folder, tookOver, upTo }: Claim): Promise<{ handle: FileHandle; size: number }> {
  const bytes = bytesIn(folder);
  // The excluded writer may still append to the file that it has open.
  const source = tookOver ? await copied(folder, upTo) : bytes;
  const handle = await open(source, constants.O_WRONLY | constants.O_NOFOLLOW).catch(conflictWhenGone);
  try {
    if (source !== bytes) await renameOwn(source, bytes);
    return { handle, size: (await handle.stat()).size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Copies the first bytes that an earlier writer left to a new file. */
async function copied(own: string, upTo: number): Promise<string> {
  const [bytes, next] = [bytesIn(own), join(own, NEXT)];
  try {
    // Determined first: bytes that are appended meanwhile do not count.
    const size = Math.min((await stat(bytes)).size, upTo);
    await copyFile(bytes, next, constants.COPYFILE_FICLONE);
    await truncate(next, size);
  } catch (error) {
    return conflictWhenGone(error);
  }
  return next;
}
