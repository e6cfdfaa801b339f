import {
  type CallOptions,
  DriverError,
  type EntryList,
  entryBatches,
  type FileInfo,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../driver/index.ts';

/** How a source is read. */
export interface SourceOptions {
  /** A folder that every source has. */
  readonly landmark: StoragePath;
  /** Whether an entry of a folder is left out of lists. */
  readonly isHidden: (folder: StoragePath, name: string) => boolean;
}

/**
 * Reads the storage from which another one is filled. Nothing counts as missing unless the landmark is there, which costs
 * one more call: a disk that is not mounted any more has nothing, and is not what the source was.
 *
 * Every call rejects with a DriverError whose cause says that the source has failed.
 */
export class SourceStorage {
  readonly #driver: StorageDriver;
  readonly #options: SourceOptions;

  /** @param driver guarded; it is not disposed with this object */
  constructor(driver: StorageDriver, options: SourceOptions) {
    this.#driver = driver;
    this.#options = options;
  }

  /** See `DriverCapabilities`. */
  get strongListing(): boolean {
    return this.#driver.capabilities.strongListing;
  }

  /** See {@link StorageDriver.stat}. */
  async stat(path: StoragePath, { signal }: CallOptions = {}): Promise<FileInfo | undefined> {
    try {
      const info = await this.#driver.stat(path, { signal });
      if (info === undefined) await this.#requireLandmark(path, signal);
      return info;
    } catch (error) {
      throw named(error);
    }
  }

  /** See {@link StorageDriver.read}. */
  async read(path: StoragePath, options: ReadOptions = {}): Promise<ReadStream> {
    try {
      return await this.#driver.read(path, options);
    } catch (error) {
      throw await this.#explained(path, error, options);
    }
  }

  /** See {@link StorageDriver.list}. */
  list(folder: StoragePath, options?: ListOptions): EntryList {
    const batches = (): AsyncGenerator<readonly ListEntry[], void, undefined> => this.#batches(folder, options);
    return {
      batches,
      async *[Symbol.asyncIterator]() {
        for await (const batch of batches()) yield* batch;
      },
    };
  }

  async *#batches(
    folder: StoragePath,
    options: ListOptions = {},
  ): AsyncGenerator<readonly ListEntry[], void, undefined> {
    try {
      for await (const batch of entryBatches(this.#driver.list(folder, options)))
        yield batch.filter(({ name }) => !this.#options.isHidden(folder, name));
    } catch (error) {
      throw await this.#explained(folder, error, options);
    }
  }

  async #explained(path: StoragePath, error: unknown, { signal }: CallOptions): Promise<unknown> {
    try {
      if (DriverError.is(error, 'not-found')) await this.#requireLandmark(path, signal);
      return named(error);
    } catch (other) {
      return named(other);
    }
  }

  /** @throws DriverError `unavailable` without it */
  async #requireLandmark(path: StoragePath, signal: AbortSignal | undefined): Promise<void> {
    const { landmark } = this.#options;
    if ((await this.#driver.stat(landmark, { signal })) !== undefined) return;
    const cause = new Error(`it has no ${landmark} any more; is its disk mounted?`);
    throw new DriverError('unavailable', { path, cause });
  }
}

/** The same error without a driver, which the guard adds; it says that it comes from the source. */
function named(error: unknown): unknown {
  if (!DriverError.is(error)) return error;
  const { code, path, offset, cause } = error;
  const place = { ...(path !== undefined && { path }), ...(offset !== undefined && { offset }) };
  if (code === 'not-found') return new DriverError(code, place);
  const reason = cause instanceof Error ? cause.message : code;
  return new DriverError(code, { ...place, cause: new Error(`storage.copyfrom: ${reason}`, { cause }) });
}
