import { constants } from 'node:fs';
import { access, lstat, opendir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { InspectContext } from '../../core/driver/index.ts';
import { errnoOf } from './errno.ts';

/** The folders in which a registry writes, in addition to the root itself. Each may be missing. */
const WRITTEN = ['.stowage', '.stowage/tmp', 'docker', 'docker/registry', 'docker/registry/v2'];

/**
 * Checks whether a registry can run on the root, with the permissions of this process. Creates and changes nothing.
 * @throws Error when the root cannot be read or written, cannot be created, or does not exist although it must
 */
export async function inspectRoot(
  rootFolder: string,
  { warn, writes, mustExist = false }: Pick<InspectContext, 'warn' | 'writes' | 'mustExist'>,
): Promise<void> {
  if ((await stat(rootFolder).catch(errnoOf)) === 'ENOENT') {
    if (mustExist) throw new Error('it does not exist');
    await requireMakeable(rootFolder);
    warn(`${rootFolder} does not exist yet; the start creates it`);
    return;
  }
  const entries = await opendir(rootFolder);
  await entries.close();
  await access(`${rootFolder}/.`, constants.R_OK | constants.X_OK);
  if (!writes) return;
  for (const folder of [rootFolder, ...WRITTEN.map((name) => join(rootFolder, name))]) {
    const refusal = await access(`${folder}/.`, constants.W_OK | constants.X_OK).catch(errnoOf);
    if (refusal === undefined || refusal === 'ENOENT') continue;
    throw new Error(
      `${folder} cannot be written by this process (${refusal}), so pushes and deletes would be refused; ` +
        'if that is intended, set storage.maintenance.readonly.enabled',
    );
  }
  const { blocks, bavail } = await statfs(rootFolder);
  if (blocks > 0 && bavail === 0) throw new Error('the disk is full, so pushes would be refused');
}

/** The parent in which the start would create the root must be a writable folder. */
async function requireMakeable(folder: string): Promise<void> {
  if (typeof (await lstat(folder).catch(errnoOf)) === 'object') {
    throw new Error(`${folder} is a dangling symbolic link`);
  }
  const parent = dirname(folder);
  const found = await access(`${parent}/.`, constants.W_OK | constants.X_OK).catch(errnoOf);
  if (found === 'ENOENT' && parent !== folder) await requireMakeable(parent);
  else if (found !== undefined) throw new Error(`it does not exist and cannot be created in ${parent} (${found})`);
}
