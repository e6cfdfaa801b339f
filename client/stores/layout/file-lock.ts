import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { heartbeat, isGone, newOwner, releaseOwner } from '../../files/file-owner.ts';
import { hasCode } from './storage-error.ts';

const POLL_MS = 20;
/** The owner of a lock without a heartbeat for this long counts as dead. */
const MAX_AGE_MS = 10_000;

/**
 * A lock between processes, represented by a file that contains the name of its owner. A lock whose owner has ended, or
 * has not been heard from for 10 seconds, is taken over by one of the waiting processes.
 */
export class FileLock implements AsyncDisposable {
  readonly #path: string;
  readonly #owner: string;
  readonly #heartbeat: Disposable;

  private constructor(path: string, owner: string) {
    this.#path = path;
    this.#owner = owner;
    this.#heartbeat = heartbeat(path);
  }

  /** @returns `undefined` while another owner has the lock */
  static async try(path: string): Promise<FileLock | undefined> {
    const owner = newOwner();
    try {
      if (await create(path, owner)) return new FileLock(path, owner);
      if ((await isStale(path)) && (await removeStale(path)) && (await create(path, owner)))
        return new FileLock(path, owner);
    } catch (error) {
      releaseOwner(owner);
      throw error;
    }
    releaseOwner(owner);
    return undefined;
  }

  /** Releases the lock, unless another owner has taken it over. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#heartbeat[Symbol.dispose]();
    const found = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (found === this.#owner) await rm(this.#path, { force: true });
    releaseOwner(this.#owner);
  }
}

/** Runs `action` while holding the lock that a file represents. */
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

/** Leaves no file on a full disk, so that nobody waits for an owner that the file does not name. */
async function create(path: string, owner: string): Promise<boolean> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    await file.writeFile(owner);
    return true;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Removes a stale lock. One process at a time does so, and checks again first: the lock may have been taken over since.
 * @returns whether there is no lock now
 */
async function removeStale(path: string): Promise<boolean> {
  const guard = `${path}.stale`;
  if (!(await create(guard, ''))) {
    // A process that ended between two calls left it.
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
    const [owner, { mtimeMs }] = await Promise.all([readFile(path, 'utf8'), stat(path)]);
    const ageMs = Date.now() - mtimeMs;
    // Its creator may not have written its name yet.
    return ageMs > MAX_AGE_MS || (owner !== '' && isGone(owner, ageMs));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}
