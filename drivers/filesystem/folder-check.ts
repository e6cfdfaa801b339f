import { constants } from 'node:fs';
import { access, lstat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';
import { ignore, isMissing } from './fs-races.ts';

/** With less room left, in bytes, a disk is full. */
const MIN_FREE_BYTES = 256 * 1024;

/**
 * Checks whether `folder` can be read and files can be written there, without writing any. For a missing folder, checks
 * the one in which it would be created.
 * @throws Error of the operating system, or DriverError
 */
export async function checkFolder(
  folder: string,
  { root, isWritten }: { readonly root: string; readonly isWritten: boolean },
): Promise<void> {
  try {
    const place = await existing(folder, root);
    // The trailing dot makes the call fail for a file.
    await access(`${place}/.`, constants.R_OK | constants.X_OK | (isWritten ? constants.W_OK : 0));
    if (isWritten) await requireRoom(place);
  } catch (error) {
    if (errnoOf(error) !== 'ENOTDIR') throw error;
    throw new DriverError('invalid-path', {
      cause: new Error(`there is a file at ${folder} or at one of its parents`),
    });
  }
}

async function existing(folder: string, root: string): Promise<string> {
  try {
    await access(folder);
    return folder;
  } catch (error) {
    if (!isMissing(error) || folder === root || dirname(folder) === folder) throw error;
    const found = await lstat(folder).catch(ignore);
    if (found === undefined) return existing(dirname(folder), root);
    // A push may have created it a moment ago.
    if (!found.isSymbolicLink()) return folder;
    throw new DriverError('invalid-path', { cause: new Error(`${folder} is a dangling symbolic link`) });
  }
}

async function requireRoom(folder: string): Promise<void> {
  const { bsize, blocks, bfree, bavail, files, ffree } = await statfs(folder);
  // Some of the free space is reserved for the superuser. A file system that does not track its space reports 0 of 0.
  const free = process.getuid?.() === 0 ? bfree : bavail;
  const isFull = (blocks > 0 && free * bsize < MIN_FREE_BYTES) || (files > 0 && ffree === 0);
  if (isFull) throw new DriverError('no-space', { cause: new Error(`the disk of ${folder} is full`) });
}
