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

/** What the bytes are called in the folder of their writer. */
const BYTES = 'bytes';
const NEXT = 'next';
const HELD = /^~[0-9a-f-]{36}~(?<begunAt>\d*)(?:-(?<upTo>\d+))?~(?<name>.+)$/;
/** How often other writers may come in between before a writer gives up. */
const MOST_ATTEMPTS = 50;
/** How often neither a file nor a writer of it must be found: each may have become the other just before it was looked for. */
const LEAST_MISSES = 8;

/** A file while it belongs to one writer. */
export interface ExclusiveFile {
  /** Open for writing. */
  readonly handle: FileHandle;
  /** Where its bytes are. */
  readonly bytes: string;
  /** Bytes that it has. */
  readonly size: number;
  /** Whether it was taken from a writer that had not given it back. */
  readonly tookOver: boolean;
}

/** The name that an entry of a folder stands for, where that is the folder of a writer; no storage path has a `~`. */
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
 * How many of the bytes at this place count: of those of a writer that is just being excluded, only so many as the next
 * one keeps.
 */
export function keptBytes(place: string): number {
  return Number(HELD.exec(basename(dirname(place)))?.groups?.['upTo'] ?? Infinity);
}

/**
 * Gives each file to one writer at a time, in all processes: the writer moves it into a folder of its own beside it,
 * `~<uuid>~<bytes that were there>~<name>/bytes`, and back when it is closed. A rename happens once, so of several writers one gets the file. Who
 * takes over renames the folder and puts a copy in the place of the bytes: whatever the writer before still does, it
 * writes to a file that has no name any more, and finds nothing to give back or to commit.
 */
export class ExclusiveWriters {
  readonly #folders: DurableFolders;
  readonly #disks: Pick<Disks, 'discard' | 'move'>;

  constructor(folders: DurableFolders, disks: Pick<Disks, 'discard' | 'move'>) {
    this.#folders = folders;
    this.#disks = disks;
  }

  /** Begins `file` anew; what was there, and whoever was writing it, is out. */
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
   * Takes `file` to go on with it.
   * @param upTo how many bytes are kept at most of a writer that has not given it back
   * @throws Error `ENOENT` when there is none
   * @throws DriverError `conflict` when its writer began behind more than `upTo` bytes, or another one comes first
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
      // What was taken over stays with its folder, for the next writer; else it stays what it was, also if it is no file.
      if (claim?.tookOver === false) await rename(join(own, BYTES), file).catch(ignore);
      throw error;
    } finally {
      await rmdir(own).catch(ignore);
    }
  }

  /** Puts a file that nobody holds any more where `to` is, unless another writer took it over. */
  async release(held: ExclusiveFile, to: string): Promise<void> {
    await this.#disks.move(held.bytes, to, renameOwn);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** Gives the file back under its own name, where it may be missing by now: its folder is not made again. */
  async giveBack(held: ExclusiveFile, file: string): Promise<void> {
    await renameOwn(held.bytes, file);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** Removes the bytes, unless another writer took them over. */
  async remove(held: ExclusiveFile): Promise<void> {
    await unlink(held.bytes).catch(conflictWhenGone);
    await rmdir(dirname(held.bytes)).catch(ignore);
  }

  /** Where the bytes of `file` are while a writer has it; `undefined` when none has. */
  async find(file: string): Promise<string | undefined> {
    for (const folder of await this.#foldersOf(file)) {
      const bytes = join(folder, BYTES);
      if ((await stat(bytes).catch(ignore)) !== undefined) return bytes;
    }
    return undefined;
  }

  /** Removes what writers have of `file`; tells whether any had it. */
  async removeAll(file: string): Promise<boolean> {
    const folders = await this.#foldersOf(file);
    for (const folder of folders) await this.#discard(folder);
    return folders.length > 0;
  }

  async #claim(file: string, id: string, upTo: number): Promise<Claim> {
    const own = ownFolder(file, id);
    for (let attempt = 0, misses = 0; attempt < MOST_ATTEMPTS; attempt++) {
      if (await renameIfPresent(file, join(own, BYTES))) return { folder: own, tookOver: false, upTo: Infinity };
      const folders = await this.#foldersOf(file);
      if (!folders.includes(own)) throw new DriverError('conflict', { cause: new Error('another writer came first') });
      const other = folders.find((folder) => folder !== own);
      if (other === undefined) {
        misses += 1;
        if (misses === LEAST_MISSES) throw missing(file);
        continue;
      }
      const begunAt = begunAtOf(other);
      if (begunAt !== undefined && !(await hasBytes(other))) {
        // Of a writer that has ended this moment, or that died just before it had ended.
        await rmdir(other).catch(ignore);
        continue;
      }
      if (begunAt !== undefined && upTo < begunAt) {
        throw new DriverError('conflict', { cause: new Error(`another writer has begun behind ${begunAt} bytes`) });
      }
      // Where it is not known what a writer has begun behind, it has not begun: nothing is to be cut off.
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

/** A folder that has become a writer's own. */
interface Claim {
  readonly folder: string;
  readonly tookOver: boolean;
  /** How many bytes are kept at most. */
  readonly upTo: number;
}

/** As `renameIfPresent`. Of a folder in a lower layer of overlayfs, which cannot be renamed, the bytes are. */
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
 * @param begunAt the bytes that were there before the writer; not known while it is only taking them
 * @param upTo how many it keeps, while the bytes are still those of the writer before
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

/** A file of its own with the first bytes of what a writer has left. */
async function copied(own: string, upTo: number): Promise<string> {
  const [bytes, next] = [join(own, BYTES), join(own, NEXT)];
  try {
    // Looked at first: what is appended meanwhile does not count.
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
