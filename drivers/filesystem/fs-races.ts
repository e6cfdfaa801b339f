import { rename, stat, unlink } from 'node:fs/promises';
import { DriverError } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';

/** Renames what is in the folder of a writer: when it is not there any more, somebody has taken the folder. */
export async function renameOwn(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (isMissing(error) && (await stat(from).catch(ignore)) === undefined) conflictWhenGone(error);
    throw error;
  }
}

/** @returns whether it was there, and nothing in the way that is kept */
export async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error) || errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a file; that it is gone already is fine. */
export async function unlinkIfPresent(file: string): Promise<void> {
  await unlink(file).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** Removes a folder by `discard`; that it is gone already is fine. */
export async function discardIfPresent(discard: (folder: string) => Promise<void>, folder: string): Promise<void> {
  await discard(folder).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

/** @throws DriverError `conflict` when the error says that somebody was first; otherwise the error itself */
export function conflictWhenGone(error: unknown): never {
  if (isMissing(error)) throw new DriverError('conflict', { cause: error });
  throw error;
}

/** Whether the error says that a file or a folder is not there. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/** For failures that change nothing. */
export function ignore(): undefined {}
