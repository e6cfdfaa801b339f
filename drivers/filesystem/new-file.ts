import { basename, dirname, join } from 'node:path';
import { allEnded } from './all-ended.ts';
import type { DurableFolders } from './durable-folders.ts';
import { createFile, mkdir, rename } from './file-system.ts';
import { ignore, removeTree, renameToNew, unlinkIfPresent } from './fs-races.ts';
import { quickStat } from './quick-stat.ts';

/** The target of a new file. */
export interface Target {
  readonly file: string;
  readonly folder: string;
  /** Whether it replaces nothing. Default false. */
  readonly mustBeNew?: boolean;
}

/** How a new file gets its content. */
export interface Filling {
  /** Writes the content; may be called again for another attempt. */
  readonly fill: (descriptor: number, temp: string) => Promise<void>;
  /** Whether the file will be made durable. Each write then returns only when its bytes are. */
  readonly durable: boolean;
}

/**
 * A file under a temporary name that moves to its target when it is complete. Missing folders are built around it and
 * move with it, so none of them ever appears without the file, whenever the process dies. If the file must be durable,
 * that holds even if the machine fails: everything is synced before it moves.
 */
export class NewFile {
  readonly #temp: string;
  readonly #target: Target;
  /** The missing folders, outermost first, and their temporary names. */
  readonly #places: readonly string[];
  readonly #folders: readonly string[];

  private constructor(temp: string, target: Target, places: readonly string[]) {
    this.#temp = temp;
    this.#target = target;
    this.#places = places;
    const [top = ''] = places;
    this.#folders = places.map((place) => join(temp, place.slice(top.length)));
  }

  /**
   * @param temp a free name on the same disk as the target
   * @param isLocal whether a stat never waits for a network
   */
  static async at(temp: string, target: Target, isLocal: boolean): Promise<NewFile> {
    return new NewFile(temp, target, await missingFolders(target.folder, isLocal));
  }

  /** Creates the folders and the empty file. @throws Error `ENOENT` when the folder of `temp` is missing */
  async create(isDurable: boolean): Promise<number> {
    try {
      for (const folder of this.#folders) await mkdir(folder);
      return await createFile(this.#file, isDurable);
    } catch (error) {
      await this.discard();
      throw error;
    }
  }

  /** Fills the file. The folders around it are synced at the same time. */
  async fill(descriptor: number, { fill, durable }: Filling, folders: DurableFolders): Promise<void> {
    await allEnded([
      fill(descriptor, this.#file),
      ...(durable ? this.#folders.map((folder) => folders.sync(folder)) : []),
    ]);
  }

  /**
   * Moves the file to its place, with the folders that are still missing.
   * @returns a function that makes it durable there
   * @throws Error `ENOENT` when another process deletes the folder meanwhile
   * @throws DriverError `conflict` when the target must be new and exists
   */
  async move(isDurable: boolean, folders: DurableFolders): Promise<() => Promise<void>> {
    for (const [level, place] of this.#places.entries()) {
      const unsynced = isDurable ? [] : this.#places.slice(level + 1);
      if (!(await folders.place(this.#folders[level] ?? '', place, unsynced))) continue;
      if (level > 0) await this.discard();
      return () => folders.settleAbove(place);
    }
    const { file, folder, mustBeNew = false } = this.#target;
    await (mustBeNew ? renameToNew : rename)(this.#file, file);
    if (this.#places.length > 0) await this.discard();
    return () => folders.settle(folder);
  }

  /** Removes the file and folders that have not moved. */
  async discard(): Promise<void> {
    await (this.#places.length > 0 ? removeTree(this.#temp) : unlinkIfPresent(this.#temp)).catch(ignore);
  }

  get #file(): string {
    const folder = this.#folders.at(-1);
    return folder === undefined ? this.#temp : join(folder, basename(this.#target.file));
  }
}

/** `folder` and its parents, as far as they are missing, outermost first. */
export async function missingFolders(folder: string, isLocal: boolean): Promise<string[]> {
  const missing: string[] = [];
  for (let place = folder; (await quickStat(place, isLocal)) === undefined; place = dirname(place)) {
    missing.unshift(place);
    if (dirname(place) === place) break;
  }
  return missing;
}
