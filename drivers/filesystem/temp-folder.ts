import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DurableFolders } from './durable-folders.ts';
import { close, closeNow, mkdir, readdir, rename, stat } from './file-system.ts';
import { ignore, isMissing, removeTree, renameOwn } from './fs-races.ts';
import { type Filling, missingFolders, NewFile, type Target } from './new-file.ts';
import { isRunning, ownIdentity, type ProcessIdentity } from './process-identity.ts';

/** How long a leftover of another host is kept, in milliseconds. */
const FOREIGN_LEFTOVER_MS = 24 * 60 * 60 * 1000;
/** How often a folder may be deleted during a write before the write fails. */
const MAX_ATTEMPTS = 10;

/** Options of a {@link TempFolder}. */
export interface TempFolderOptions {
  /** Whether a stat never waits for a network. */
  readonly isLocal: boolean;
  /** Creates the folder when it is needed but missing. Default: `prepare`. */
  readonly whenMissing?: () => Promise<void>;
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
  readonly #isLocal: boolean;
  readonly #whenMissing: () => Promise<void>;

  private constructor(
    folder: string,
    folders: DurableFolders,
    { own, isLocal, whenMissing }: TempFolderOptions & { readonly own: ProcessIdentity },
  ) {
    this.#folder = folder;
    this.#folders = folders;
    this.#own = own;
    this.#isLocal = isLocal;
    this.#whenMissing = whenMissing ?? (() => this.prepare());
  }

  static async at(folder: string, folders: DurableFolders, options: TempFolderOptions): Promise<TempFolder> {
    return new TempFolder(folder, folders, { ...options, own: await ownIdentity() });
  }

  /** Creates the folder if it is missing, and clears it. */
  async prepare(): Promise<void> {
    await this.#folders.make(this.#folder);
    await access(this.#folder, constants.W_OK);
    await this.clear();
  }

  /** Removes what processes that have ended left behind. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      const file = join(this.#folder, name);
      if (await isLeftover(file, parseName(name), this.#own.host)) await rm(file, { recursive: true, force: true });
    }
  }

  /**
   * Replaces `target` with a new file, not yet durably. On any failure `target` is unchanged.
   * @returns a function that makes it durable
   * @throws DriverError `conflict` when `target` must be new and exists
   */
  async place(target: Target, filling: Filling): Promise<() => Promise<void>> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#placeOnce(target, filling);
      } catch (error) {
        // Another process deleted the folder meanwhile.
        if (!isMissing(error) || attempt === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Creates `folder` and its missing parents with the content that `build` creates: the folder never appears without
   * it.
   * @returns `undefined` when the folder exists, or exists by the time it is built
   */
  async build<Result>(folder: string, build: (temp: string) => Promise<Result>): Promise<Result | undefined> {
    const places = await missingFolders(folder, this.#isLocal);
    const [top, ...below] = places;
    if (top === undefined) return undefined;
    const { temp, result } = await this.#underNewName(async (name) => {
      try {
        for (const place of places) await mkdir(join(name, place.slice(top.length)));
        return await build(join(name, folder.slice(top.length)));
      } catch (error) {
        await removeTree(name).catch(ignore);
        throw error;
      }
    });
    try {
      if (await this.#folders.place(temp, top, below)) return result;
    } catch (error) {
      // Missing: another process deleted the parent folder meanwhile.
      if (!isMissing(error)) {
        await removeTree(temp).catch(ignore);
        throw error;
      }
    }
    await removeTree(temp);
    return undefined;
  }

  /**
   * Removes a folder with everything below it; other processes see it disappear at once.
   * @param settle makes that durable before the first entry is removed, so that no crash brings back an emptied folder
   */
  async discard(folder: string, settle?: () => Promise<void>): Promise<void> {
    const { temp } = await this.#underNewName((name) => rename(folder, name));
    await settle?.();
    await removeTree(temp);
  }

  /** Moves a writer's file out of reach of others; resolves with its new path. */
  async take(file: string): Promise<string> {
    return (await this.#underNewName((name) => renameOwn(file, name))).temp;
  }

  async #placeOnce(target: Target, filling: Filling): Promise<() => Promise<void>> {
    const { durable } = filling;
    const { result } = await this.#underNewName(async (temp) => {
      const created = await NewFile.at(temp, target, this.#isLocal);
      return { created, descriptor: await created.create(durable) };
    });
    const { created: file, descriptor } = result;
    try {
      await this.#fill(file, descriptor, filling);
      return await file.move(durable, this.#folders);
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  /** Fills the file and closes it. */
  async #fill(file: NewFile, descriptor: number, filling: Filling): Promise<void> {
    try {
      await file.fill(descriptor, filling, this.#folders);
    } catch (error) {
      await close(descriptor).catch(ignore);
      throw error;
    }
    if (this.#isLocal) closeNow(descriptor);
    else await close(descriptor);
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
