import { randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  truncate,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import type { Disks } from './disks.ts';
import type { DurableFolders } from './durable-folders.ts';
import { errnoOf } from './errno.ts';
import {
  conflictWhenGone,
  discardIfPresent,
  ignore,
  isMissing,
  renameIfPresent,
  renameOwn,
  unlinkIfPresent,
} from './fs-races.ts';

/** The name of the file with the bytes, in the folder of their writer. */
const BYTES = 'bytes';
const NEXT = 'next';
const HELD = /^~[0-9a-f-]{36}~(?<begunAt>\d*)(?:-(?<upTo>\d+))?~(?<name>.+)$/;
/** How often other writers may intervene before a writer gives up. */
const MAX_ATTEMPTS = 50;
/**
 * How many lookups must find neither the file nor a writer of it: each may turn into the other just before its lookup.
 */
const MIN_MISSES = 8;

/** A file while one writer owns it. */
export interface ExclusiveFile {
  /** Open for writing. */
  readonly handle: FileHandle;
  /** The path of its bytes. */
  readonly bytes: string;
  /** Its size in bytes. */
  readonly size: number;
  /** Whether it was taken over from a writer that had not released it. */
  readonly tookOver: boolean;
}

/** The file name that the folder of a writer stands for; no storage path contains a `~`. */
export function heldName({
  name,
  isFolder,
}: {
  readonly name: string;
  readonly isFolder: boolean;
}): string | undefined {
  return isFolder ? HELD.exec(name)?.groups?.['name'] : undefined;
}

/**
 * How many of the bytes at this path count. While a writer is being excluded, only those that the next writer keeps.
 */
export function keptBytes(place: string): number {
  return Number(HELD.exec(basename(dirname(place)))?.groups?.['upTo'] ?? Infinity);
}

/**
 * Gives each file to one writer at a time, across all processes. The writer moves the file into its own folder next to
 * it, `~<uuid>~<bytes that were there>~<name>/bytes`, and back when it is closed. A rename succeeds once, so exactly
 * one of several writers gets the file. A writer that takes over renames the folder and replaces the bytes with a copy.
 * The excluded writer then writes to a file without a name, and finds nothing to give back or to commit.
 */
export class ExclusiveWriters {
  readonly #folders: DurableFolders;
  readonly #disks: Pick<Disks, 'discard' | 'move'>;

  constructor(folders: DurableFolders, disks: Pick<Disks, 'discard' | 'move'>) {
    this.#folders = folders;
    this.#disks = disks;
  }

  /** Starts `file` over; discards its content and excludes its current writer. */
  async begin(file: string): Promise<ExclusiveFile> {
    const own = ownFolder(file, randomUUID(), 0);
    await this.#folders.put(dirname(file), () => mkdir(own));
    try {
      const bytes = join(own, BYTES);
      const handle = await open(bytes, 'wx');
      try {
        await unlinkIfPresent(file);
        for (const other of await this.#foldersOf(file)) if (other !== own) await this.#discard(other);
        return { handle, bytes, size: 0, tookOver: false };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      await rm(own, { recursive: true, force: true });
      throw error;
    }
  }

  /**
   * Takes `file` to resume it.
   * @param upTo the largest number of bytes to keep from a writer that has not released the file
   * @throws Error `ENOENT` when it is missing
   * @throws DriverError `conflict` when its writer began after more than `upTo` bytes, or another writer takes over
   * first
   */
  async take(file: string, upTo: number): Promise<ExclusiveFile> {
    const id = randomUUID();
    const own = ownFolder(file, id);
    await mkdir(own);
    let claim: Claim | undefined;
    try {
      claim = await this.#claim(file, id, upTo);
      const { handle, size } = await openClaimed(claim);
      const named = ownFolder(file, id, size);
      await rename(claim.folder, named).catch(async (error: unknown) => {
        await handle.close();
        return conflictWhenGone(error);
      });
      return { handle, bytes: join(named, BYTES), size, tookOver: claim.tookOver };
    } catch (error) {
      // A file that was taken over keeps its folder, for the next writer. Anything else is put back, even if it is not
      // a file.
      if (claim?.tookOver === false) await rename(join(own, BYTES), file).catch(ignore);
      throw error;
    } finally {
      await rmdir(own).catch(ignore);
    }
  }

  /** Moves a file that is no longer open to `to`, unless another writer took it over. */
  async release(held: ExclusiveFile, to: string): Promise<void> {
    await this.#disks.move(held.bytes, to, renameOwn);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** Moves the file back to its own name. Its folder may be gone by now, and is not created again. */
  async giveBack(held: ExclusiveFile, file: string): Promise<void> {
    await renameOwn(held.bytes, file);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** Removes the bytes, unless another writer took them over. */
  async remove(held: ExclusiveFile): Promise<void> {
    await unlink(held.bytes).catch(conflictWhenGone);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** The path of the bytes of `file` while a writer has it; `undefined` when no writer has it. */
  async find(file: string): Promise<string | undefined> {
    for (const folder of await this.#foldersOf(file)) {
      const bytes = join(folder, BYTES);
      if ((await stat(bytes).catch(ignore)) !== undefined) return bytes;
    }
    return undefined;
  }

  /** Removes the bytes of `file` that writers have; resolves with whether there were any. */
  async removeAll(file: string): Promise<boolean> {
    const folders = await this.#foldersOf(file);
    for (const folder of folders) await this.#discard(folder);
    return folders.length > 0;
  }

  async #claim(file: string, id: string, upTo: number): Promise<Claim> {
    const own = ownFolder(file, id);
    for (let attempt = 0, misses = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (await renameIfPresent(file, join(own, BYTES))) return { folder: own, tookOver: false, upTo: Infinity };
      const folders = await this.#foldersOf(file);
      if (!folders.includes(own)) throw new DriverError('conflict', { cause: new Error('another writer came first') });
      const other = folders.find((folder) => folder !== own);
      if (other === undefined) {
        misses += 1;
        if (misses === MIN_MISSES) throw missing(file);
        continue;
      }
      const begunAt = begunAtOf(other);
      if (begunAt !== undefined && !(await hasBytes(other))) {
        // Belongs to a writer that has just ended, or that died just before its end.
        await rmdir(other).catch(ignore);
        continue;
      }
      if (begunAt !== undefined && upTo < begunAt) {
        throw new DriverError('conflict', { cause: new Error(`another writer has begun after ${begunAt} bytes`) });
      }
      // A writer whose starting size is unknown has not begun: there is nothing to cut off.
      const keeps = begunAt === undefined ? Infinity : upTo;
      const folder = ownFolder(file, id, begunAt, keeps);
      const isTaken = (await renameFolderIfPresent(other, folder)) && (await hasBytes(folder));
      if (isTaken) return { folder, tookOver: true, upTo: keeps };
    }
    throw new DriverError('conflict', { cause: new Error('other writers came in between again and again') });
  }

  #discard(folder: string): Promise<void> {
    return discardIfPresent((present) => this.#disks.discard(present), folder);
  }

  async #foldersOf(file: string): Promise<string[]> {
    const folder = dirname(file);
    const name = basename(file);
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
      if (isMissing(error)) return [];
      throw error;
    });
    return entries
      .filter((entry) => heldName({ name: entry.name, isFolder: entry.isDirectory() }) === name)
      .map((entry) => join(folder, entry.name));
  }
}

/** A folder that a writer has taken. */
interface Claim {
  readonly folder: string;
  readonly tookOver: boolean;
  /** The largest number of bytes to keep. */
  readonly upTo: number;
}

/** Like `renameIfPresent`. A folder in a lower layer of overlayfs cannot be renamed; its bytes are renamed instead. */
async function renameFolderIfPresent(from: string, to: string): Promise<boolean> {
  try {
    return await renameIfPresent(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await mkdir(to);
    if (await renameIfPresent(join(from, BYTES), join(to, BYTES))) return true;
    await rmdir(to);
    return false;
  }
}

async function hasBytes(folder: string): Promise<boolean> {
  return (await stat(join(folder, BYTES)).catch(ignore)) !== undefined;
}

/**
 * @param begunAt the number of bytes before the writer began; unknown while it is still taking them
 * @param upTo how many of them it keeps, while the bytes still belong to the previous writer
 */
function ownFolder(file: string, id: string, begunAt?: number, upTo = Infinity): string {
  const kept = Number.isFinite(upTo) ? `-${upTo}` : '';
  return join(dirname(file), `~${id}~${begunAt ?? ''}${kept}~${basename(file)}`);
}

function begunAtOf(folder: string): number | undefined {
  const text = HELD.exec(basename(folder))?.groups?.['begunAt'] ?? '';
  return text === '' ? undefined : Number(text);
}

async function openClaimed({ folder, tookOver, upTo }: Claim): Promise<{ handle: FileHandle; size: number }> {
  const bytes = join(folder, BYTES);
  // The writer that was excluded may still append to what it has.
  const source = tookOver ? await copied(folder, upTo) : bytes;
  const handle = await open(source, constants.O_WRONLY | constants.O_NOFOLLOW).catch(conflictWhenGone);
  try {
    if (source !== bytes) await renameOwn(source, bytes);
    return { handle, size: (await handle.stat()).size };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A new file with the first bytes of what an earlier writer left. */
async function copied(own: string, upTo: number): Promise<string> {
  const [bytes, next] = [join(own, BYTES), join(own, NEXT)];
  try {
    // Determined first: bytes that are appended meanwhile do not count.
    const size = Math.min((await stat(bytes)).size, upTo);
    await copyFile(bytes, next, constants.COPYFILE_FICLONE);
    await truncate(next, size);
  } catch (error) {
    return conflictWhenGone(error);
  }
  return next;
}

function missing(file: string): Error {
  return Object.assign(new Error(`there is no ${file}`), { code: 'ENOENT', syscall: 'rename' });
}
