import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.ts';
import { hasCode, storageError } from './storage-error.ts';

/**
 * Checks that a folder is writable, or can be created below its nearest existing parent.
 * @throws StoreError `invalid` when something else exists at its path; `storage`
 */
export async function requireFolder(folder: string): Promise<void> {
  try {
    const found = await stat(folder);
    if (!found.isDirectory())
      throw new StoreError('invalid', `${folder} is not a folder`, { hint: 'choose another path' });
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR') || dirname(folder) === folder) throw storageError(error, folder);
    await requireFolder(dirname(folder));
  }
}
