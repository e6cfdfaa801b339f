import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and the missing ones above it. A folder that is there is not an error. Unlike the recursive `mkdir` of
 * Node it ends where nothing can be created: below /proc the system says that a folder is missing, though the one above it
 * is there, and Node tries again for ever.
 * @param mode the permissions of each folder that is created
 */
export async function makeFolders(folder: string, mode?: number): Promise<void> {
  if (await isMadeOrThere(folder, mode)) return;
  if (dirname(folder) !== folder) await makeFolders(dirname(folder), mode);
  if (!(await isMadeOrThere(folder, mode))) await mkdir(folder, { mode });
}

/** @returns `false` when a folder above is missing */
async function isMadeOrThere(folder: string, mode: number | undefined): Promise<boolean> {
  try {
    await mkdir(folder, { mode });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() === true) return true;
    throw error;
  }
}
