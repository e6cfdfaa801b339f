import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and its missing parents. An existing folder is not an error. Unlike the recursive `mkdir` of Node,
 * it ends if nothing can be created: below /proc the system reports a missing folder although its parent exists, and
 * Node retries forever.
 * @param mode the permissions of each created folder
 */
export async function makeFolders(folder: string, mode?: number): Promise<void> {
  if (await isMadeOrThere(folder, mode)) return;
  if (dirname(folder) !== folder) await makeFolders(dirname(folder), mode);
  if (!(await isMadeOrThere(folder, mode))) await mkdir(folder, { mode });
}

/** @returns `false` when a parent is missing */
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
