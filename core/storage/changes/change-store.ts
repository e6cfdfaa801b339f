import { inject, injectable, STORAGE_DRIVER } from '../../di.ts';
import { DriverError, type StorageDriver } from '../../driver/index.ts';
import { PathMapper } from '../paths/path-mapper.ts';
import { deleteIfPresent, readSmallFile } from '../small-files.ts';
import { formatChange, isChangeId, parseChange, type RepositoryChange } from './repository-change.ts';

const MAX_BYTES = 64 * 1024;

/**
 * The changes of whole repositories that have been announced and have not ended. Each is a file in the folder where
 * processes look for garbage collections, so that they learn of both by one driver call.
 */
@injectable()
export class ChangeStore {
  readonly #driver: StorageDriver;
  readonly #paths: PathMapper;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver, @inject(PathMapper) paths: PathMapper) {
    this.#driver = driver;
    this.#paths = paths;
  }

  /** All of them in the order of their announcement. One driver call, and one for each. */
  async list(): Promise<RepositoryChange[]> {
    const ids: string[] = [];
    try {
      for await (const { name } of this.#driver.list(this.#paths.collections.all()))
        if (isChangeId(name)) ids.push(name);
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    const found = await Promise.all(ids.map((id) => this.read(id)));
    return found.filter((change) => change !== undefined);
  }

  /** One driver call. */
  async read(id: string): Promise<RepositoryChange | undefined> {
    const bytes = await readSmallFile(this.#driver, this.#paths.collections.change(id), { maxBytes: MAX_BYTES });
    return bytes && parseChange(id, bytes);
  }

  /** Stores a change, durably, and replaces its earlier state. One driver call. */
  async put(change: RepositoryChange): Promise<void> {
    await this.#driver.write(this.#paths.collections.change(change.id), formatChange(change));
  }

  /** Ends a change. */
  async remove(id: string): Promise<void> {
    await deleteIfPresent(this.#driver, this.#paths.collections.of(id));
  }
}
