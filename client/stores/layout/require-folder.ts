import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StoreError } from '../store-error.ts';
import { hasCode, storageError } from './storage-error.ts';

/**
 * Checks that a folder can be written to, or made below the nearest one that is there.
 * @throws StoreError `invalid` where something else is in its place; `storage`
 */
export async function requireFolder(folder: string): Promise<void> {
  try {
    const found = await stat(folder);
    if (!found.isDirectory())
      throw new StoreError('invalid', `${folder} is no folder`, { hint: 'choose another path' });
    await access(folder, constants.W_OK);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTDIR') || dirname(folder) === folder) throw storageError(error, folder);
    await requireFolder(dirname(folder));
  }
}
