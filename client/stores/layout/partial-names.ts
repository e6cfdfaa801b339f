import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning } from './file-lock.ts';
import { stateOf } from './saved-digest.ts';
import { hasCode } from './storage-error.ts';

/** Files that this process writes to. */
const held = new Set<string>();
let last = 0;

/** A name for a partial file that this process has until it is released. */
export function ownPath(folder: string, base: string): string {
  last += 1;
  const path = join(folder, `${base}.${process.pid}-${last}.part`);
  held.add(path);
  return path;
}

/** Lets other calls of this process have the file. */
export function release(path: string): void {
  held.delete(path);
}

/**
 * Gives the largest partial file that no process has the name `path`; others like it are removed.
 * @returns whether there was one
 */
export async function takeOver(folder: string, base: string, path: string): Promise<boolean> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${base}.`) && name.endsWith('.part'));
  const free = names.map((name) => join(folder, name)).filter((found) => found !== path && isFree(found));
  const sized = await Promise.all(
    free.map(async (found) => ({ found, size: (await stat(found).catch(() => undefined))?.size ?? -1 })),
  );
  sized.sort((one, other) => other.size - one.size);
  let isTaken = false;
  for (const { found } of sized) {
    if (isTaken) {
      await Promise.all([rm(found, { force: true }), rm(stateOf(found), { force: true })]);
      continue;
    }
    try {
      await rename(found, path);
      isTaken = true;
      await rename(stateOf(found), stateOf(path)).catch(() => undefined);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
  return isTaken;
}

function isFree(path: string): boolean {
  const pid = /\.(\d+)-\d+\.part$/.exec(path)?.[1];
  if (pid === undefined) return true;
  // In a container every process may have the same id.
  return Number(pid) === process.pid ? !held.has(path) : !isRunning(Number(pid));
}
