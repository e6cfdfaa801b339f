import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableFolders } from './durable-folders.ts';
import { ignore, isMissing, renameOwn, renameToNew } from './fs-races.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** How long a leftover of another host is kept, in milliseconds. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;

/** The place of a new file. */
export interface Target {
  readonly file: string;
  readonly folder: string;
  /** Whether it replaces nothing. Default false. */
  readonly mustBeNew?: boolean;
}

/**
 * The folder of one disk for unfinished files and for content that is being removed. Each name in it carries the
 * process that created it, `<host>~<pid>~<start>~<uuid>`, so that leftovers of a crash can be distinguished from work
 * in progress.
 */
export class TempFolder {
  readonly #folder: string;
  readonly #folders: DurableFolders;
  readonly #own: ProcessIdentity;
  readonly #whenMissing: () => Promise<void>;

  private constructor(folder: string, folders: DurableFolders, own: ProcessIdentity, whenMissing: () => Promise<void>) {
    this.#folder = folder;
    this.#folders = folders;
    this.#own = own;
    this.#whenMissing = whenMissing;
  }

  /** @param whenMissing creates the folder when it is needed and missing; by default {@link prepare} */
  static async at(folder: string, folders: DurableFolders, whenMissing?: () => Promise<void>): Promise<TempFolder> {
    const temp: TempFolder = new TempFolder(
      folder,
      folders,
      await ownIdentity(),
      whenMissing ?? (() => temp.prepare()),
    );
    return temp;
  }

  /** Creates the folder if it is missing, and clears it. */
  async prepare(): Promise<void> {
    await this.#folders.make(this.#folder);
    await access(this.#folder, constants.W_OK);
    await this.clear();
  }

  /** Removes what ended processes have left. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      if (await isLeftover(file, parseName(name), this.#own.host)) await rm(file, { recursive: true, force: true });
    }
  }

  /**
   * Creates an empty file, lets `fill` write it, and replaces `target` with it, not yet durably. On any failure the
   * file is removed and `target` is unchanged.
   * @throws DriverError `conflict` when `target` must be new and exists
   */
  async place(target: Target, fill: (handle: FileHandle, file: string) => Promise<void>): Promise<FileHandle> {
    const { temp, result: handle } = await this.#underNewName((name) => open(name, 'wx'));
    try {
      await fill(handle, temp);
      await this.#folders.put(target.folder, () =>
        target.mustBeNew === true ? renameToNew(temp, target.file, handle) : rename(temp, target.file),
      );
      return handle;
    } catch (error) {
      await handle.close();
      await rm(temp, { force: true });
      throw error;
    }
  }

  /** Removes a folder with everything below it; other processes see it disappear at once. */
  async discard(folder: string): Promise<void> {
    const { temp } = await this.#underNewName((name) => rename(folder, name));
    await rm(temp, { recursive: true, force: true });
  }

  /** Moves a file of a writer out of reach of others; resolves with its new path. */
  async take(file: string): Promise<string> {
    return (await this.#underNewName((name) => renameOwn(file, name))).temp;
  }

  async #underNewName<Result>(
    action: (temp: string) => Promise<Result>,
  ): Promise<{ readonly temp: string; readonly result: Result }> {
    const { host, pid, start } = this.#own;
    const temp = join(this.#folder, [encodeURIComponent(host), pid, start, randomUUID()].join('~'));
    try {
      return { temp, result: await action(temp) };
    } catch (error) {
      if (!isMissing(error) || (await isThere(this.#folder))) throw error;
      await this.#whenMissing();
      return { temp, result: await action(temp) };
    }
  }
}

async function isThere(folder: string): Promise<boolean> {
  return (await stat(folder).catch(ignore)) !== undefined;
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
