import { join } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';
import { link, open, readdir, rename, rmdir, stat, unlink } from './file-system.ts';

/** How often entries may be added to a folder while it is being removed. */
const MAX_ATTEMPTS = 10;
/** The errors of file systems without hard links (link(2)). */
const NO_LINKS: ReadonlySet<string | undefined> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Renames an entry in the folder of a writer. When the entry is gone, another writer has taken the folder. */
export async function renameOwn(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (isMissing(error) && (await stat(from).catch(ignore)) === undefined) conflictWhenGone(error);
    throw error;
  }
}

/**
 * Moves the file `temp` to `file` unless that exists. Of several concurrent calls, in all processes, one succeeds.
 * Without hard links, readers may briefly see an empty file.
 * @throws DriverError `conflict` when `file` exists
 */
export async function renameToNew(temp: string, file: string): Promise<void> {
  try {
    await link(temp, file);
  } catch (error) {
    if (NO_LINKS.has(errnoOf(error))) return renameOverOwn(temp, file);
    if (errnoOf(error) !== 'EEXIST') throw error;
    // NFS may repeat a link whose answer was lost, and then finds the one that the first attempt created.
    if ((await stat(temp)).nlink < 2) throw new DriverError('conflict', { cause: error });
  }
  await unlinkIfPresent(temp);
}

async function renameOverOwn(temp: string, file: string): Promise<void> {
  const name = await open(file, 'wx').catch((error: unknown) => {
    throw errnoOf(error) === 'EEXIST' ? new DriverError('conflict', { cause: error }) : error;
  });
  await name.close();
  await rename(temp, file);
}

/** @returns whether `from` existed and the rename replaced nothing that must stay */
export async function renameIfPresent(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isMissing(error) || isInTheWay(error)) return false;
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

/** Whether the error means that a file or a folder does not exist. */
export function isMissing(error: unknown): boolean {
  return errnoOf(error) === 'ENOENT';
}

/** Whether the error means that the target is a folder with entries. */
export function isInTheWay(error: unknown): boolean {
  return errnoOf(error) === 'ENOTEMPTY' || errnoOf(error) === 'EEXIST';
}

/**
 * Removes a folder with everything below it, entry by entry, including what other processes add meanwhile. Entries that
 * are already missing are not an error.
 */
export async function removeTree(folder: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (isMissing(error)) return [];
      throw error;
    });
    for (const entry of entries) {
      const path = join(folder, entry.name);
      await (entry.isDirectory() ? removeTree(path) : unlinkIfPresent(path));
    }
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      if (isMissing(error)) return;
      if (!isInTheWay(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

/** A handler for failures that have no consequence. */
export function ignore(): undefined {}
