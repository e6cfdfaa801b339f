import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from './storage-error.ts';

const POLL_MS = 20;
/** What is done under a lock takes milliseconds; whoever has it longer has been stopped. */
const MAX_AGE_MS = 10_000;

/**
 * Runs `action` while no other process has the lock that a file stands for. The lock of a process that has ended, or that
 * is older than 10 seconds, is taken over.
 */
export async function withFileLock<Result>(
  path: string,
  action: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  while (!(await tryLock(path))) {
    signal?.throwIfAborted();
    if (await isStale(path)) await rm(path, { force: true });
    else await delay(POLL_MS);
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    // The process that is creating it may not have written its id yet.
    return Date.now() - mtimeMs > MAX_AGE_MS || (text !== '' && !isRunning(Number(text)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Whether a process with this id runs on this machine, whoever it belongs to. */
export function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}
