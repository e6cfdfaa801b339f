import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableFolders } from './durable-folders.ts';
import { errnoOf } from './errno.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** How long a leftover of a host that cannot be asked is kept, in milliseconds. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;

/**
 * The one folder for what is not stored yet and what is being removed. Each name in it carries the process
 * that made it, `<host>~<pid>~<start>~<uuid>`, so that what a crash left behind can be told from work under way.
 */
export class TempFolder {
  readonly #folder: string;
  readonly #folders: DurableFolders;
  readonly #own: ProcessIdentity;

  private constructor(folder: string, folders: DurableFolders, own: ProcessIdentity) {
    this.#folder = folder;
    this.#folders = folders;
    this.#own = own;
  }

  static async at(folder: string, folders: DurableFolders): Promise<TempFolder> {
    return new TempFolder(folder, folders, await ownIdentity());
  }

  /** Makes the folder if it is missing, and clears what processes that are gone have left in it. */
  async prepare(): Promise<void> {
    await this.#folders.make(this.#folder);
    await access(this.#folder, constants.W_OK);
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      if (await isLeftover(file, parseName(name), this.#own.host)) await rm(file, { recursive: true, force: true });
    }
  }

  /**
   * Makes an empty file, lets `fill` write it, and puts it in place of `target`, not yet durably. On any
   * failure it is gone and `target` is as before.
   */
  async place(
    target: { readonly file: string; readonly folder: string },
    fill: (handle: FileHandle) => Promise<void>,
  ): Promise<FileHandle> {
    const temp = this.#newName();
    const handle = await this.#create(temp);
    try {
      await fill(handle);
      await this.#folders.put(target.folder, () => rename(temp, target.file));
      return handle;
    } catch (error) {
      await handle.close();
      await rm(temp, { force: true });
      throw error;
    }
  }

  /** Removes a folder with everything below it; for others it is gone at once. */
  async discard(folder: string): Promise<void> {
    const trash = this.#newName();
    await rename(folder, trash);
    await rm(trash, { recursive: true, force: true });
  }

  #newName(): string {
    const { host, pid, start } = this.#own;
    return join(this.#folder, [encodeURIComponent(host), pid, start, randomUUID()].join('~'));
  }

  async #create(temp: string): Promise<FileHandle> {
    try {
      return await open(temp, 'wx');
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error;
      await this.#folders.make(this.#folder);
      return open(temp, 'wx');
    }
  }
}

async function isLeftover(file: string, owner: ProcessIdentity | undefined, host: string): Promise<boolean> {
  if (owner?.host === host) return !(await isRunning(owner));
  const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Infinity }));
  return Date.now() - mtimeMs > FOREIGN_LEFTOVER_MS;
}

function parseName(name: string): ProcessIdentity | undefined {
  const [, host, pid, start] = /^([^~]+)~(\d+)~(\d*)~/.exec(name) ?? [];
  if (host === undefined || pid === undefined || start === undefined) return undefined;
  try {
    return { host: decodeURIComponent(host), pid: Number(pid), start };
  } catch {
    return undefined;
  }
}
