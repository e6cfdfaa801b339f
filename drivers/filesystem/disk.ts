import { join } from 'node:path';
import { diskIdOf } from './disk-id.ts';
import type { DurableFolders } from './durable-folders.ts';
import { FolderIdentity } from './folder-identity.ts';
import { ignore } from './fs-races.ts';
import { isOnLocalFileSystem } from './recent-files.ts';
import { RESERVED } from './reserved.ts';
import { TempFolder } from './temp-folder.ts';

/** What the disks of one driver have in common. */
export interface DiskDependencies {
  readonly folders: DurableFolders;
  /** Whether what vanishes is made again, as nobody misses it. */
  readonly isExpendable: boolean;
}

interface DiskOptions {
  readonly id: string;
  readonly isLocal: boolean;
  readonly temp: TempFolder;
  readonly identity: FolderIdentity;
}

/** The part of the tree that lies on one file system: within it files are renamed. */
export class Disk {
  /** The folder where it begins: the root, a mount point, or a symbolic link. */
  readonly top: string;
  /** Whether its calls never wait for a network. */
  readonly isLocal: boolean;
  readonly temp: TempFolder;
  /** The folder of the driver's own on this disk. */
  readonly reserved: string;
  readonly #id: string;
  readonly #identity: FolderIdentity;

  private constructor(top: string, { id, isLocal, temp, identity }: DiskOptions) {
    this.top = top;
    this.isLocal = isLocal;
    this.temp = temp;
    this.reserved = join(top, RESERVED);
    this.#id = id;
    this.#identity = identity;
  }

  /** The disk that begins at the folder `top`, which is there; clears what a crash has left on it, where it may. */
  static async at(top: string, { folders, isExpendable }: DiskDependencies): Promise<Disk> {
    const [id, isLocal] = await Promise.all([diskIdOf(top), isOnLocalFileSystem(top)]);
    const identity = new FolderIdentity(top, { isLocal, isExpendable });
    const temp = await TempFolder.at(join(top, RESERVED, 'tmp'), folders, async () => {
      await identity.verify();
      await disk.prepare();
    });
    const disk = new Disk(top, { id, isLocal, temp, identity });
    await temp.clear().catch(ignore);
    await identity.remember();
    return disk;
  }

  /** Makes what the driver needs here in addition to the content. */
  async prepare(): Promise<void> {
    await this.temp.prepare();
    await this.#identity.name();
  }

  /** Whether a file that is renamed within this disk can get into `folder`. */
  async has(folder: string): Promise<boolean> {
    return (await diskIdOf(folder)) === this.#id;
  }

  /** @throws DriverError `unavailable` when the disk is away, or something else lies in its place */
  verify(): Promise<void> {
    return this.#identity.verify();
  }
}
