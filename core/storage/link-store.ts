import { inject, injectable, STORAGE_DRIVER } from '../di.ts';
import { type Digest, isDigest } from '../digest/digest.ts';
import {
  type CallOptions,
  childPath,
  DriverError,
  entryBatches,
  parentPath,
  ROOT_PATH,
  type StorageDriver,
  type StoragePath,
} from '../driver/index.ts';
import { SettledFiles } from './settled-files.ts';
import { deleteIfPresent, readStart } from './small-files.ts';

/** In bytes; larger than any link. */
const MAX_LINK_BYTES = 1024;

/** Link files: a digest as text. A torn or foreign link counts as absent; it never becomes an address. */
@injectable()
export class LinkStore {
  readonly #driver: StorageDriver;
  readonly #settled: SettledFiles;

  constructor(@inject(STORAGE_DRIVER) driver: StorageDriver) {
    this.#driver = driver;
    this.#settled = new SettledFiles(driver);
  }

  /** The digest that the link at `path` names; one driver call. */
  async read(path: StoragePath, options?: CallOptions): Promise<Digest | undefined> {
    const now = this.#driver.peek?.(path);
    if (now !== undefined) return digestIn(now);
    const bytes = await readStart(this.#driver, path, { maxBytes: MAX_LINK_BYTES, signal: options?.signal });
    return bytes && digestIn(bytes);
  }

  /** Whether the link at `path` names `digest`, as far as the driver knows without waiting. No driver call. */
  isKnown(path: StoragePath, digest: Digest): boolean {
    const now = this.#driver.peek?.(path);
    return now !== undefined && textIn(now) === digest;
  }

  /** Makes the link at `path` name `digest`, durably; one driver call. */
  write(path: StoragePath, digest: Digest): Promise<void> {
    return this.#driver.write(path, Buffer.from(digest, 'latin1'));
  }

  /** Like {@link write}; changes nothing if this process knows that the link exists and is durable. */
  ensure(path: StoragePath, digest: Digest): Promise<void> {
    return this.#settled.write(path, Buffer.from(digest, 'latin1'));
  }

  /** Removes a link and its folder; resolves with whether it existed. One driver call. */
  remove(folder: StoragePath): Promise<boolean> {
    return deleteIfPresent(this.#driver, folder);
  }

  /** The names of the folders in `folder` in byte order; empty when it is missing. One driver call. */
  async *folders(folder: StoragePath, after?: string): AsyncGenerator<string, void, undefined> {
    for await (const names of this.folderBatches(folder, after)) yield* names;
  }

  /** Like {@link folders}, in groups as the driver returns them; for lists that may be long. */
  async *folderBatches(folder: StoragePath, after?: string): AsyncGenerator<readonly string[], void, undefined> {
    try {
      for await (const batch of entryBatches(this.#driver.list(folder, { after }))) {
        const names: string[] = [];
        for (const { name, isFolder } of batch) if (isFolder) names.push(name);
        yield names;
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
  }

  /** When the link at `path` was last written; one driver call. */
  async modifiedAt(path: StoragePath): Promise<Date | undefined> {
    return (await this.#driver.stat(path))?.modifiedAt;
  }

  /** When a file at or below `folder` last changed; `undefined` without any. Two driver calls for most files. */
  async lastChange(folder: StoragePath): Promise<Date | undefined> {
    let newest: Date | undefined;
    try {
      for await (const { name, isFolder } of this.#driver.list(folder)) {
        const path = childPath(folder, name);
        const changedAt = isFolder ? await this.lastChange(path) : (await this.#driver.stat(path))?.modifiedAt;
        if (changedAt !== undefined && (newest === undefined || changedAt > newest)) newest = changedAt;
      }
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return newest;
  }

  /** Whether there is a file below `folder`. At most one driver call for each folder until the first file. */
  async hasFile(folder: StoragePath): Promise<boolean> {
    try {
      for await (const { name, isFolder } of this.#driver.list(folder))
        if (!isFolder || (await this.hasFile(childPath(folder, name)))) return true;
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
    }
    return false;
  }

  /** Removes folders at and below `folder` that hold no file, if the storage has such folders. One driver call. */
  async prune(folder: StoragePath): Promise<void> {
    await this.#driver.prune?.(folder);
  }

  /**
   * Checks that `folder` exists or can be created.
   * @throws DriverError `invalid-path` when a file exists at its path or at that of a folder above it
   */
  async requireNoFile(folder: StoragePath): Promise<void> {
    for (let place = folder; place !== ROOT_PATH; place = parentPath(place)) {
      const found = await this.#driver.stat(place);
      if (found === undefined) continue;
      if (found.isFolder) return;
      throw new DriverError('invalid-path', {
        path: place,
        cause: new Error('a file exists where a folder is needed'),
      });
    }
  }

  /** Whether a file or folder exists at `path`; one driver call. */
  async exists(path: StoragePath): Promise<boolean> {
    return (await this.#driver.stat(path)) !== undefined;
  }
}

function digestIn(bytes: Uint8Array): Digest | undefined {
  if (bytes.byteLength >= MAX_LINK_BYTES) return undefined;
  const text = textIn(bytes);
  return isDigest(text) ? text : undefined;
}

function textIn(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1').trim();
}
