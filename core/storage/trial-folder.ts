import { randomUUID } from 'node:crypto';
import { settledWithin } from '../async/settled-within.ts';
import { DriverError, guardDriver, type StorageDriver, type StoragePath } from '../driver/index.ts';
import { FolderDriver } from './folder-driver.ts';
import { PathMapper } from './paths/path-mapper.ts';
import { deleteIfPresent } from './small-files.ts';

/** No run takes longer; what is older was left by one that was killed. */
const MAX_AGE_MS = 3_600_000;
/** How long removing the folder may take at the end. */
const REMOVAL_MS = 10_000;

/** When a run began, as the name of its folder says. */
const ID = /^(\d{13})-/;

/**
 * A folder in the storage in which a check may do what it likes: neither a registry nor distribution looks there. Disposing it
 * removes it; one that a killed process has left is removed by the next one after an hour.
 */
export class TrialFolder implements AsyncDisposable {
  /** The folder as a storage of its own, behind the guard. */
  readonly driver: StorageDriver;
  readonly #storage: StorageDriver;
  readonly #path: StoragePath;

  private constructor(storage: StorageDriver, path: StoragePath) {
    this.#storage = storage;
    this.#path = path;
    this.driver = guardDriver(new FolderDriver(storage, path));
  }

  /**
   * Opens a new folder, which appears with the first file in it, and removes old ones.
   * @throws DriverError when the storage cannot be listed
   */
  static async open(storage: StorageDriver, now: () => number = Date.now): Promise<TrialFolder> {
    const { doctor } = new PathMapper();
    for (const name of await foldersIn(storage, doctor.trials())) {
      const [, beganAt] = ID.exec(name) ?? [];
      const isOld = beganAt !== undefined && now() - Number(beganAt) > MAX_AGE_MS;
      // What cannot be removed is no reason to try nothing.
      if (isOld) await deleteIfPresent(storage, doctor.trial(name)).catch(() => undefined);
    }
    return new TrialFolder(storage, doctor.trial(`${now()}-${randomUUID()}`));
  }

  /** A further folder in this one, as a storage of its own. */
  folder(name: string): StorageDriver {
    return guardDriver(new FolderDriver(this.driver, `/${name}` as StoragePath));
  }

  /** Takes ten seconds at most; what cannot be removed is left to a later run. */
  async [Symbol.asyncDispose](): Promise<void> {
    await settledWithin(this.#remove(), REMOVAL_MS).catch(() => undefined);
  }

  async #remove(): Promise<void> {
    await deleteIfPresent(this.#storage, this.#path);
    await this.#storage.prune?.(new PathMapper().doctor.trials());
  }
}

async function foldersIn(storage: StorageDriver, folder: StoragePath): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name, isFolder } of storage.list(folder)) if (isFolder) names.push(name);
  } catch (error) {
    if (!DriverError.is(error, 'not-found')) throw error;
  }
  return names;
}
