import { rename, stat, unlink } from 'node:fs/promises';
import { DriverError } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';

/** Renames an entry in the folder of a writer. When the entry is gone, another writer has taken the folder. */
export async function renameOwn(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (isMissing(error) && (await stat(from).catch(ignore)) === undefined) conflictWhenGone(error);
    throw error;
  }
}

/** @returns whether it existed, and nothing that must stay was in the way */
export async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a file; a missing file is not an error. */
export async function unlinkIfPresent(file: string): Promise<void> {
  await unlink(file).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** Removes a folder with `discard`; a missing folder is not an error. */
export async function discardIfPresent(discard: (folder: string) => Promise<void>, folder: string): Promise<void> {
  await discard(folder).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** @throws DriverError `conflict` when the error shows that another writer was first; otherwise the error itself */
export function conflictWhenGone(error: unknown): never {
  if (isMissing(error)) throw new DriverError('conflict', { cause: error });
  throw error;
}

/** Whether the error says that a file or a folder does not exist. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/** For failures that change nothing. */
export function ignore(): undefined {}
