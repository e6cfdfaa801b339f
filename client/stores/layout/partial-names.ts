import { createHash } from 'node:crypto';
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRunning } from './file-lock.ts';
import { stateOf } from './saved-digest.ts';
import { hasCode } from './storage-error.ts';

/** Whoever has a file on another host says so again and again; who does not for so long has ended. */
const MAX_AGE_MS = 30_000;
/** Stands for this host, or container, in names of files. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Files that this process writes to. */
const held = new Set<string>();
let last = 0;

/** A name for a partial file that this process has until it is released. */
export function ownPath(folder: string, base: string): string {
  last += 1;
  const path = join(folder, `${base}.${HOST}-${process.pid}-${last}.part`);
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
  const others = names.map((name) => join(folder, name)).filter((found) => found !== path);
  const stats = await Promise.all(
    others.map(async (found) => ({ found, ...(await stat(found).catch(() => ({ size: -1, mtimeMs: 0 }))) })),
  );
  const sized = stats.filter(({ found, mtimeMs }) => isFree(found, mtimeMs));
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

function isFree(path: string, mtimeMs: number): boolean {
  const [, host = HOST, pid] = /\.(?:([0-9a-f]{8})-)?(\d+)-\d+\.part$/.exec(path) ?? [];
  if (pid === undefined) return true;
  if (host !== HOST) return Date.now() - mtimeMs > MAX_AGE_MS;
  // In a container every process may have the same id.
  return Number(pid) === process.pid ? !held.has(path) : !isRunning(Number(pid));
}
