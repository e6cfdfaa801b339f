import { join } from 'node:path';
import { diskIdOf } from './disk-id.ts';
import type { DurableFolders } from './durable-folders.ts';
import { FolderIdentity } from './folder-identity.ts';
import { ignore } from './fs-races.ts';
import { isOnLocalFileSystem } from './recent-files.ts';
import { RESERVED } from './reserved.ts';
import { TempFolder } from './temp-folder.ts';

/** The dependencies that all disks of one driver share. */
export interface DiskDependencies {
  readonly folders: DurableFolders;
  /** Whether a folder that vanishes is created again, because its content is expendable. */
  readonly isExpendable: boolean;
}

interface DiskOptions {
  readonly id: string;
  readonly isLocal: boolean;
  readonly temp: TempFolder;
  readonly identity: FolderIdentity;
}

/** The part of the tree on one file system, within which files are renamed. */
export class Disk {
  /** The top folder: the root, a mount point, or a symbolic link. */
  readonly top: string;
  /** Whether its calls never wait for a network. */
  readonly isLocal: boolean;
  readonly temp: TempFolder;
  /** The driver's own folder on this disk. */
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

  /**
   * Opens the disk that begins at the existing folder `top`. Removes what a crash left on it, if permissions allow
   * that.
   */
  static async at(top: string, { folders, isExpendable }: DiskDependencies): Promise<Disk> {
    const [id, isLocal] = await Promise.all([diskIdOf(top), isOnLocalFileSystem(top)]);
    const identity = new FolderIdentity(top, { isLocal, isExpendable });
    const whenMissing = async (): Promise<void> => {
      await identity.verify();
      await disk.prepare();
    };
    const temp = await TempFolder.at(join(top, RESERVED, 'tmp'), folders, { isLocal, whenMissing });
    const disk = new Disk(top, { id, isLocal, temp, identity });
    await temp.clear().catch(ignore);
    await identity.remember();
    return disk;
  }

  /** Creates what the driver needs here in addition to the content. */
  async prepare(): Promise<void> {
    await this.temp.prepare();
    await this.#identity.name();
  }

  /** Whether a rename within this disk can move a file into `folder`. */
  async has(folder: string): Promise<boolean> {
    return (await diskIdOf(folder)) === this.#id;
  }

  /** @throws DriverError `unavailable` when the disk is missing, or another one is mounted in its place */
  verify(): Promise<void> {
    return this.#identity.verify();
  }
}
