import { constants as copyModes } from 'node:fs';
import { dirname } from 'node:path';
import { Disk, type DiskDependencies } from './disk.ts';
import { errnoOf } from './errno.ts';
import { copyFile, rename, syncData } from './file-system.ts';
import { findDisks } from './find-disks.ts';
import { ignore, removeTree, unlinkIfPresent } from './fs-races.ts';
import { type Filling, missingFolders, type Target } from './new-file.ts';
import { quickStat } from './quick-stat.ts';

/**
 * The disks over which the tree is spread, nearly always one. Temporary files are created on the disk of their target.
 * A disk that was not found at the start is found by the first write to it.
 */
export class Disks {
  readonly #surroundings: DiskDependencies;
  readonly #root: Disk;
  readonly #byTop: Map<string, Disk>;
  readonly #opening = new Map<string, Promise<Disk>>();
  /** Nested disks before those that contain them. */
  #below: readonly Disk[] = [];

  private constructor(root: Disk, surroundings: DiskDependencies) {
    this.#root = root;
    this.#surroundings = surroundings;
    this.#byTop = new Map([[root.top, root]]);
  }

  /** The disks of the existing folder `root`. */
  static async of(root: string, surroundings: DiskDependencies): Promise<Disks> {
    const disks = new Disks(await Disk.at(root, surroundings), surroundings);
    for (const top of await findDisks(root)) await disks.#open(top);
    return disks;
  }

  /** Whether calls on all known disks never wait for a network. */
  get areLocal(): boolean {
    return this.#root.isLocal && this.#below.every(({ isLocal }) => isLocal);
  }

  /** The disk that contains `file`. */
  of(file: string): Disk {
    return this.#below.find(({ top }) => isWithin(file, top)) ?? this.#root;
  }

  /** Whether `file` is in one of the driver's own folders. */
  hasReserved(file: string): boolean {
    return isWithin(file, this.#root.reserved) || this.#below.some(({ reserved }) => isWithin(file, reserved));
  }

  /** Whether one of the driver's own folders may be in `folder`. */
  isTop(folder: string): boolean {
    return this.#byTop.has(folder);
  }

  /**
   * Call this before reporting that a file is missing or that a change is done.
   * @throws DriverError `unavailable` when a disk on the path to `file` is missing, or another one is mounted in its
   * place
   */
  async verify(file: string): Promise<void> {
    await this.#root.verify();
    for (const disk of this.#below) if (isWithin(file, disk.top)) await disk.verify();
  }

  /**
   * Call this before listing `folder`: a missing disk may leave a dangling link behind.
   * @throws DriverError `unavailable` when a disk on the path to `folder`, or directly below it, is missing
   */
  async verifyEntries(folder: string): Promise<void> {
    await this.verify(folder);
    for (const disk of this.#below) if (dirname(disk.top) === folder) await disk.verify();
  }

  /** Replaces a file with a new one, see {@link TempFolder.place}; `fill` may be called twice. */
  async place(target: Target, filling: Filling): Promise<() => Promise<void>> {
    const disk = this.of(target.file);
    try {
      return await disk.temp.place(target, filling);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      return (await this.#otherThan(disk, target.folder, error)).temp.place(target, filling);
    }
  }

  /** Creates a missing folder with its content, see {@link TempFolder.build}; `undefined` when it exists. */
  async build<Result>(folder: string, build: (temp: string) => Promise<Result>): Promise<Result | undefined> {
    const disk = this.of(folder);
    try {
      return await disk.temp.build(folder, build);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      return (await this.#otherThan(disk, folder, error)).temp.build(folder, build);
    }
  }

  async isMissing(folder: string): Promise<boolean> {
    return (await quickStat(folder, this.areLocal)) === undefined;
  }

  /**
   * Removes a folder with everything below it; other processes see it disappear at once if it can be renamed. See
   * {@link TempFolder.discard}.
   */
  async discard(folder: string, settle?: () => Promise<void>): Promise<void> {
    const disk = this.of(dirname(folder));
    try {
      await disk.temp.discard(folder, settle);
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      const other = await this.#otherThan(disk, dirname(folder), error).catch(ignore);
      if (other !== undefined) await other.temp.discard(folder, settle);
      else {
        // overlayfs cannot rename a folder of a lower layer.
        await removeTree(folder);
        await settle?.();
      }
    }
  }

  /**
   * Replaces `target` with the file `source`, not yet durably: by `rename`, or by a copy when `target` is on another
   * disk. Readers see the old or the new file. It fails if another process removes `source` meanwhile.
   */
  async move(source: string, target: string, rename: (source: string, target: string) => Promise<void>): Promise<void> {
    try {
      await this.#surroundings.folders.put(dirname(target), () => rename(source, target));
    } catch (error) {
      if (errnoOf(error) !== 'EXDEV') throw error;
      await this.#carry(source, target);
    }
  }

  async #carry(source: string, target: string): Promise<void> {
    const folder = dirname(target);
    const [{ temp }, { temp: beside }] = await Promise.all([this.#at(folder), this.#at(dirname(source))]);
    let taken: string | undefined;
    const fill = async (copy: number, file: string): Promise<void> => {
      await copyFile(source, file, copyModes.COPYFILE_FICLONE);
      await syncData(copy);
      taken = await beside.take(source);
    };
    try {
      await (await temp.place({ file: target, folder }, { fill, durable: true }))();
    } catch (error) {
      if (taken !== undefined) await rename(taken, source).catch(ignore);
      throw error;
    }
    if (taken !== undefined) await unlinkIfPresent(taken);
  }

  async #at(folder: string): Promise<Disk> {
    const disk = this.of(folder);
    return (await disk.has(folder)) ? disk : this.#find(folder);
  }

  /** The disk of `folder`, or of its future parent, if it differs from the assumed one. */
  async #otherThan(disk: Disk, missing: string, error: unknown): Promise<Disk> {
    const [top] = await missingFolders(missing, this.areLocal);
    const folder = top === undefined ? missing : dirname(top);
    if (await disk.has(folder)) throw error;
    return this.#find(folder);
  }

  /**
   * The disk of a folder that is not on the disk known for its path: it begins where the parent folders are on another
   * disk.
   */
  async #find(folder: string): Promise<Disk> {
    const own = await Disk.at(folder, this.#surroundings);
    let top = folder;
    while (dirname(top) !== top && top !== this.#root.top && (await own.has(dirname(top)))) top = dirname(top);
    return this.#open(top);
  }

  #open(top: string): Promise<Disk> {
    const known = this.#byTop.get(top);
    if (known !== undefined) return Promise.resolve(known);
    const opening = this.#opening.get(top) ?? this.#add(top).finally(() => this.#opening.delete(top));
    this.#opening.set(top, opening);
    return opening;
  }

  async #add(top: string): Promise<Disk> {
    const disk = await Disk.at(top, this.#surroundings);
    this.#byTop.set(top, disk);
    this.#below = [...this.#below, disk].sort((a, b) => b.top.length - a.top.length);
    return disk;
  }
}

function isWithin(file: string, folder: string): boolean {
  return file.startsWith(folder) && (file.length === folder.length || file[folder.length] === '/');
}
