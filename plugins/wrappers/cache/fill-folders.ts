import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** How long leftovers of a process on another host are kept, in milliseconds. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;

/** The name of this process's folder for unfinished copies: host, process and its start. */
export function ownFolderName(): string {
  return [hostname().replaceAll(/[^A-Za-z0-9._-]/g, '_'), process.pid, Math.round(performance.timeOrigin)].join('-');
}

/**
 * Removes what processes that have ended left in `folder`. A process that is in fact alive, for example in another
 * container, loses only its unfinished copies, which no other process uses.
 * @throws the reason of `signal` when it aborts, between two folders
 */
export async function clearLeftovers(folder: string, signal?: AbortSignal): Promise<void> {
  for (const name of await namesIn(folder)) {
    signal?.throwIfAborted();
    const path = join(folder, name);
    if (await isLeftover(path, name)) await rm(path, { recursive: true, force: true });
  }
}

/** The names in a folder; empty when it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

async function isLeftover(path: string, name: string): Promise<boolean> {
  const own = ownFolderName();
  if (name === own) return false;
  const [, host, pid] = /^(.*)-(\d+)-\d+$/.exec(name) ?? [];
  const [, ownHost] = /^(.*)-\d+-\d+$/.exec(own) ?? [];
  // A folder with this process id belonged to an earlier process.
  if (host === ownHost) return Number(pid) === process.pid || !isRunning(Number(pid));
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > FOREIGN_LEFTOVER_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
