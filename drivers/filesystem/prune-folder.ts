import { readdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from './errno.ts';

/** What rmdir(2) answers for a folder with entries, and for a symbolic link to a folder. */
const IN_USE: ReadonlySet<string | undefined> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR']);
/** Errors which show that the folder is gone, is not a folder, or is no longer empty. */
const NOTHING_TO_DO: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENOTEMPTY', 'EEXIST']);

/**
 * Removes `folder` and the folders below it that hold no file. Uses only rmdir(2), which fails for a folder that is not
 * empty.
 */
export async function pruneFolder(folder: string): Promise<void> {
  try {
    await rmdir(folder);
    return;
  } catch (error) {
    if (!IN_USE.has(errnoOf(error))) return rejectUnless(NOTHING_TO_DO, error);
  }
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) if (entry.isDirectory()) await pruneFolder(join(folder, entry.name));
    if (entries.every((entry) => entry.isDirectory())) await rmdir(folder);
  } catch (error) {
    rejectUnless(NOTHING_TO_DO, error);
  }
}

function rejectUnless(expected: ReadonlySet<string | undefined>, error: unknown): void {
  if (!expected.has(errnoOf(error))) throw error;
}
