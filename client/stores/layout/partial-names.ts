import { constants } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beat, isForeign, isGone } from '../../files/file-owner.ts';
import { stateOf } from './saved-digest.ts';
import { hasCode } from './storage-error.ts';

/** The path of the partial file of an owner; without an owner, of an unowned file. */
export function partialPath(folder: string, base: string, owner?: string): string {
  return join(folder, owner === undefined ? `${base}.part` : `${base}.${owner}.part`);
}

/**
 * Claims the largest unowned partial file by renaming it to `path`; the others are removed.
 * @returns whether there was one
 */
export async function takeOver(folder: string, base: string, path: string): Promise<boolean> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${base}.`) && name.endsWith('.part'));
  const stats = await Promise.all(
    names.map(async (name) => {
      const found = join(folder, name);
      const owner = name === `${base}.part` ? undefined : name.slice(base.length + 1, -'.part'.length);
      return { found, owner, ...(await stat(found).catch(() => ({ size: -1, mtimeMs: 0 }))) };
    }),
  );
  const free = stats.filter(({ owner, mtimeMs }) => owner === undefined || isGone(owner, Date.now() - mtimeMs));
  free.sort((one, other) => other.size - one.size);
  let isTaken = false;
  for (const { found, owner } of free) {
    if (isTaken) {
      await Promise.all([rm(found, { force: true }), rm(stateOf(found), { force: true })]);
      continue;
    }
    try {
      await rename(found, path);
      isTaken = true;
      await beat(path);
      await rename(stateOf(found), stateOf(path)).catch(() => undefined);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
      continue;
    }
    // An owner that only seems to have ended continues to write to its file.
    if (owner !== undefined && isForeign(owner)) await replaceByCopy(path);
  }
  return isTaken;
}

async function replaceByCopy(path: string): Promise<void> {
  const temporary = `${path}.copy`;
  try {
    await copyFile(path, temporary, constants.COPYFILE_FICLONE);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
