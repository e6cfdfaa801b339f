import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { DriverError } from '../../core/driver/index.ts';
import { allEnded } from './all-ended.ts';
import { type Claim, openClaimed } from './claim.ts';
import type { Disks } from './disks.ts';
import type { DurableFolders } from './durable-folders.ts';
import { errnoOf } from './errno.ts';
import { type FileHandle, mkdir, open, rename, rmdir, stat, unlink } from './file-system.ts';
import {
  conflictWhenGone,
  discardIfPresent,
  ignore,
  isMissing,
  removeTree,
  renameIfPresent,
  renameOwn,
  unlinkIfPresent,
} from './fs-races.ts';
import { begunAtOf, bytesIn, entriesOf, heldFolders, ownFolder } from './writer-folder.ts';

/** How often other writers may intervene before a writer gives up. */
const MAX_ATTEMPTS = 50;
/**
 * How many consecutive lookups must find neither the file nor a writer of it: each may turn into the other just before
 * its lookup.
 */
const MIN_MISSES = 8;
/** The same for a writer that creates the file, because others also look for it. */
const MIN_LOOKS = 2;

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

/**
 * Gives each file to one writer at a time, across all processes. The writer moves the file into its own folder next to
 * it, `~<uuid>~<initial size>~<name>/<name>`, and back when it is closed. A rename succeeds once, so exactly one of
 * several writers gets the file. A writer that takes over renames the folder and replaces the bytes with a copy. The
 * excluded writer then writes to an unlinked file, and finds nothing to give back or to commit.
 */
export class ExclusiveWriters {
  readonly #folders: DurableFolders;
  readonly #disks: Pick<Disks, 'build' | 'discard' | 'isMissing' | 'move'>;

  constructor(folders: DurableFolders, disks: Pick<Disks, 'build' | 'discard' | 'isMissing' | 'move'>) {
    this.#folders = folders;
    this.#disks = disks;
  }

  /** Starts `file` over: discards its content and excludes its current writer. */
  async begin(file: string): Promise<ExclusiveFile> {
    const own = ownFolder(file, randomUUID(), 0);
    const clear = async (): Promise<void> => {
      await unlinkIfPresent(file);
      for (const other of await this.#foldersOf(file)) if (other !== own) await this.#discard(other);
    };
    return (await this.#beginAlone(file, own)) ?? this.#beginBeside(file, { own, clear });
  }

  /**
   * Begins `file` if nothing of it exists. If its folder is missing, one of several writers places the folder;
   * otherwise each becomes visible first and then looks for the file and for other writers, so that at most one
   * succeeds.
   * @throws DriverError `conflict`
   */
  async create(file: string): Promise<ExclusiveFile> {
    const own = ownFolder(file, randomUUID(), 0);
    const clear = async (): Promise<void> => {
      if (await isThere(file, own))
        throw new DriverError('conflict', { cause: new Error('another writer came first') });
    };
    return (await this.#beginAlone(file, own)) ?? this.#beginBeside(file, { own, clear });
  }

  /** Begins the file in a missing folder, where there is nothing to discard; `undefined` when the folder exists. */
  async #beginAlone(file: string, own: string): Promise<ExclusiveFile | undefined> {
    let handle: FileHandle | undefined;
    try {
      const begun = await this.#disks.build(dirname(file), async (folder) => {
        // The handle of an attempt on another disk.
        await handle?.close();
        const temp = join(folder, basename(own));
        await mkdir(temp);
        handle = await open(bytesIn(temp), 'wx');
        return { handle, bytes: bytesIn(own), size: 0, tookOver: false };
      });
      if (begun === undefined) await handle?.close();
      return begun;
    } catch (error) {
      await handle?.close();
      throw error;
    }
  }

  /** @param clear ensures that nothing else exists, once the writer has its folder */
  async #beginBeside(
    file: string,
    { own, clear }: { readonly own: string; readonly clear: () => Promise<void> },
  ): Promise<ExclusiveFile> {
    await this.#folders.put(dirname(file), () => mkdir(own));
    try {
      const bytes = bytesIn(own);
      const handle = await open(bytes, 'wx');
      try {
        await clear();
        return { handle, bytes, size: 0, tookOver: false };
      } catch (error) {
        await handle.close();
        throw error;
      }
    } catch (error) {
      await removeTree(own);
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
      if (claim.tookOver) await rmdir(own).catch(ignore);
      return { handle, bytes: bytesIn(named), size, tookOver: claim.tookOver };
    } catch (error) {
      // A file that was taken over keeps its folder, for the next writer. Anything else is put back, even if it is not
      // a file.
      if (claim?.tookOver === false) await rename(bytesIn(own), file).catch(ignore);
      await rmdir(own).catch(ignore);
      throw error;
    }
  }

  /**
   * Moves the file to `to`, unless another writer took it over.
   * @param end makes the bytes durable and closes the file
   * @returns what makes it durable there
   */
  async publish(held: ExclusiveFile, to: string, end: () => Promise<void>): Promise<() => Promise<void>> {
    const [own, folder] = [dirname(held.bytes), dirname(to)];
    const canBecome = basename(held.bytes) === basename(to) && (await this.#disks.isMissing(folder));
    await allEnded([end(), ...(canBecome ? [this.#folders.sync(own)] : [])]);
    if (canBecome && (await this.#becomes(own, to))) return () => this.#folders.settleAbove(folder);
    await this.#disks.move(held.bytes, to, renameOwn);
    await rmdir(own).catch(ignore);
    return () => this.#folders.settle(folder);
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

  /** Removes the bytes of `file` that writers have; resolves with whether there were any. */
  async removeAll(file: string): Promise<boolean> {
    const folders = await this.#foldersOf(file);
    for (const folder of folders) await this.#discard(folder);
    return folders.length > 0;
  }

  /**
   * Moves the writer's own folder, with the bytes in it, to the missing folder of `to`.
   * @returns `false` when that folder exists by now, or belongs on another disk
   */
  async #becomes(own: string, to: string): Promise<boolean> {
    const folder = dirname(to);
    const place = async (): Promise<boolean> => {
      try {
        return await this.#folders.place(own, folder);
      } catch (error) {
        if (errnoOf(error) === 'EXDEV') return false;
        if (isMissing(error) && (await stat(own).catch(ignore)) === undefined) conflictWhenGone(error);
        throw error;
      }
    };
    if (!(await this.#folders.put(dirname(folder), place))) return false;
    // A process that removes the folder entry by entry may have begun with the bytes.
    await stat(to).catch(async (error: unknown) => {
      await rmdir(folder).catch(ignore);
      return conflictWhenGone(error);
    });
    return true;
  }

  async #claim(file: string, id: string, upTo: number): Promise<Claim> {
    const own = ownFolder(file, id);
    for (let attempt = 0, misses = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (await renameIfPresent(file, bytesIn(own))) return { folder: own, tookOver: false, upTo: Infinity };
      const folders = await this.#foldersOf(file);
      if (!folders.includes(own)) throw new DriverError('conflict', { cause: new Error('another writer came first') });
      // A writer that creates the file comes last: it may find that another one was first.
      const [other] = folders.filter((folder) => folder !== own).toSorted((a, b) => keptBy(b) - keptBy(a));
      if (other === undefined) {
        misses += 1;
        if (misses === MIN_MISSES) throw missing(file);
        continue;
      }
      const begunAt = begunAtOf(other);
      if (begunAt !== undefined && !(await hasBytes(other))) {
        // It belongs to a writer that has just ended, or that died just before its end.
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
    throw new DriverError('conflict', { cause: new Error('other writers intervened too often') });
  }

  #discard(folder: string): Promise<void> {
    return discardIfPresent((present) => this.#disks.discard(present), folder);
  }

  async #foldersOf(file: string): Promise<string[]> {
    return heldFolders(file, await entriesOf(dirname(file)));
  }
}

/**
 * Whether `file` or another writer of it exists. Each may turn into the other just before it is looked up. If writers
 * look at the same time, the one with the first name waits for the others to give up.
 */
async function isThere(file: string, own: string): Promise<boolean> {
  for (let attempt = 0, misses = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const entries = await entriesOf(dirname(file));
    if (entries.some(({ name }) => name === basename(file))) return true;
    const others: string[] = [];
    for (const other of heldFolders(file, entries)) if (other !== own && (await hasBytes(other))) others.push(other);
    if (others.some((other) => other < own)) return true;
    misses = others.length === 0 ? misses + 1 : 0;
    if (misses === MIN_LOOKS) return false;
  }
  return true;
}

/** The size of the file when a writer took it; unknown while the writer is taking it. */
function keptBy(folder: string): number {
  return begunAtOf(folder) ?? Number.MAX_SAFE_INTEGER;
}

/** Like `renameIfPresent`. A folder in a lower layer of overlayfs cannot be renamed; its bytes are renamed instead. */
async function renameFolderIfPresent(from: string, to: string): Promise<boolean> {
  try {
    return await renameIfPresent(from, to);
  } catch (error) {
    if (errnoOf(error) !== 'EXDEV') throw error;
    await mkdir(to);
    if (await renameIfPresent(bytesIn(from), bytesIn(to))) return true;
    await rmdir(to);
    return false;
  }
}

async function hasBytes(folder: string): Promise<boolean> {
  return (await stat(bytesIn(folder)).catch(ignore)) !== undefined;
}

function missing(file: string): Error {
  return Object.assign(new Error(`there is no ${file}`), { code: 'ENOENT', syscall: 'rename' });
}
