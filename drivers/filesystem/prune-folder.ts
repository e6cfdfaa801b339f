import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno.ts';

/** Errors which show that the folder is gone, is not a folder, or is no longer empty. */
const NOTHING_TO_DO: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST']);

/**
 * Removes `folder` and the folders below it that hold no file. Uses only rmdir(2), which fails for a folder that is not
 * empty.
 */
export async function pruneFolder(folder: string): Promise<void> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await pruneFolder(join(folder, entry.name));
    if (entries.every((entry) => entry.isDirectory())) await rmdir(folder);
  } catch (error) {
    if (!NOTHING_TO_DO.has(errnoOf(error))) throw error;
  }
}
