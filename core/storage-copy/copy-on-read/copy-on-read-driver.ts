import {
  type CallOptions,
  type ChangeOptions,
  DriverError,
  type DriverWriter,
  type EntryList,
  type FileInfo,
  ForwardingDriver,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../driver/index.ts';
import { MergedEntries } from './merged-entries.ts';
import { REMOVAL_REFUSED } from './removal-refused.ts';
import type { SourceStorage } from './source-storage.ts';

/** What is read from the source. */
export interface CopyOnReadOptions {
  /** Whether the source may have what the target lacks at a path. */
  readonly isContent: (path: StoragePath) => boolean;
  /** Hears of each file that was opened in the source. */
  readonly onRead: (path: StoragePath) => void;
}

/**
 * A storage that is being filled from another one, the source. It has what either of them has; where both have something,
 * that of the target counts. Every change goes to the target; the source is only read. What the source has cannot be
 * deleted or moved (`not-supported`), because it would come back from there.
 *
 * What the target has costs the same calls as without the source. What it lacks costs one call of the source after that
 * of the target, and one more if the source lacks it as well. A list costs one call of each, at the same time; a redirect
 * one more look-up in the target. Uploads and records of pulls never ask the source.
 *
 * A call that needs the source fails when the source fails: that never looks like a missing file or a shorter list.
 */
export class CopyOnReadDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #source: SourceStorage;
  readonly #options: CopyOnReadOptions;

  /** @param target guarded; it is not disposed with this driver */
  constructor(target: StorageDriver, source: SourceStorage, options: CopyOnReadOptions) {
    const { strongListing } = target.capabilities;
    // Its lists and folders are those of both. A folder that is empty in the source may be listed.
    super(target, { strongListing: strongListing && source.strongListing, hidesEmptyFolders: false });
    this.#source = source;
    this.#options = options;
    // What the target has is what `read` would return.
    if (target.peek !== undefined) this.peek = (path) => target.peek?.(path);
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await this.inner.stat(path, options);
    if (info !== undefined || !this.#options.isContent(path)) return info;
    return this.#source.stat(path, options);
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    try {
      return await this.inner.read(path, options);
    } catch (error) {
      if (!DriverError.is(error, 'not-found') || !this.#options.isContent(path)) throw error;
    }
    const stream = await this.#source.read(path, options);
    this.#options.onRead(path);
    return stream;
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    if (options?.ifAbsent === true) await this.#requireAbsent(path, options);
    await this.inner.write(path, content, options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    if (options.ifAbsent === true) await this.#requireAbsent(path, options);
    return this.inner.openWriter(path, options);
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    const target = this.inner.list(folder, options);
    if (!this.#options.isContent(folder)) return target;
    return new MergedEntries({ target, source: this.#source.list(folder, options) });
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#requireRemovable(from, options);
    await this.inner.move(from, to, options);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await this.#requireRemovable(path, options);
    await this.inner.delete(path, options);
  }

  override async [Symbol.asyncDispose](): Promise<void> {}

  /** Clients are only sent to what the target has; the rest is read here, and so copied. */
  protected override async urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    const { signal } = options;
    if (this.#options.isContent(path) && (await this.inner.stat(path, { signal })) === undefined) return undefined;
    return super.urlFor(path, options);
  }

  async #requireAbsent(path: StoragePath, { signal }: CallOptions): Promise<void> {
    if (this.#options.isContent(path) && (await this.#source.stat(path, { signal })) !== undefined)
      throw new DriverError('conflict', { path });
  }

  async #requireRemovable(path: StoragePath, { signal }: CallOptions = {}): Promise<void> {
    if (!this.#options.isContent(path) || (await this.#source.stat(path, { signal })) === undefined) return;
    throw new DriverError('not-supported', { path, cause: new Error(REMOVAL_REFUSED) });
  }
}
