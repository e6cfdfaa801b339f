import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from './storage-error.ts';

const POLL_MS = 20;
/** Whoever has a lock says so again and again; who does not for so long has been stopped. */
const MAX_AGE_MS = 10_000;
const RENEWAL_MS = 2000;

/**
 * A lock between processes that a file stands for. The lock of a process that has ended, or that has not renewed it for 10
 * seconds, is taken over by one of those who wait.
 */
export class FileLock implements AsyncDisposable {
  readonly #path: string;
  readonly #token: string;
  readonly #renewal: NodeJS.Timeout;

  private constructor(path: string, token: string) {
    this.#path = path;
    this.#token = token;
    this.#renewal = setInterval(() => void renew(path), RENEWAL_MS).unref();
  }

  /** @returns `undefined` while another one has the lock */
  static async try(path: string): Promise<FileLock | undefined> {
    const token = `${process.pid} ${hostname()} ${randomUUID()}`;
    if (await create(path, token)) return new FileLock(path, token);
    if ((await isStale(path)) && (await removeStale(path)) && (await create(path, token)))
      return new FileLock(path, token);
    return undefined;
  }

  /** Gives the lock back, unless another one has taken it over. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#renewal);
    const found = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (found === this.#token) await rm(this.#path, { force: true });
  }
}

/** Runs `action` while no other process has the lock that a file stands for. */
export async function withFileLock<Result>(
  path: string,
  action: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  for (;;) {
    await using lock = await FileLock.try(path);
    if (lock !== undefined) return await action();
    signal?.throwIfAborted();
    await delay(POLL_MS);
  }
}

async function create(path: string, token: string): Promise<boolean> {
  try {
    await writeFile(path, token, { flag: 'wx' });
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Removes a stale lock. One process at a time does so, and looks again first: the lock may have been taken over since.
 * @returns whether there is no lock now
 */
async function removeStale(path: string): Promise<boolean> {
  const guard = `${path}.stale`;
  if (!(await create(guard, ''))) {
    // A process that ended between two calls has left it.
    if (await isStale(guard)) await rm(guard, { force: true });
    return false;
  }
  try {
    if (!(await isStale(path))) return false;
    await rm(path, { force: true });
    return true;
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const [pid = '', host = hostname()] = text.split(' ');
    // The process that is creating it may not have written its id yet; that of another host says nothing here.
    return Date.now() - mtimeMs > MAX_AGE_MS || (pid !== '' && host === hostname() && !isRunning(Number(pid)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

async function renew(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
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
