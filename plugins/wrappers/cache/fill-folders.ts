import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** How long what a process of another host has left is kept, in milliseconds. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;

/** The name of the folder in which this process keeps what it has not finished: host, process and its start. */
export function ownFolderName(): string {
  return [hostname().replaceAll(/[^A-Za-z0-9._-]/g, '_'), process.pid, Math.round(performance.timeOrigin)].join('-');
}

/**
 * Removes what processes that are gone have left in `folder`. To remove the folder of one that lives after all (it may
 * be in another container) costs it its unfinished copies, which nobody else uses, and nothing more.
 */
export async function clearLeftovers(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    if (await isLeftover(path, name)) await rm(path, { recursive: true, force: true });
  }
}

/** The names in a folder; none when there is no such folder. */
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
  // A folder of this very number was of an earlier process.
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
