import {
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  DriverError,
  type DriverWriter,
  type EntryList,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  ROOT_PATH,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';
import { EncryptedUploads } from './encrypted-uploads.ts';
import { FileReader } from './file-reader.ts';
import { plainSize } from './layout.ts';
import { OpenFiles } from './open-files.ts';
import { isOwn, OWN_FOLDER, refuseOwn, sideFolder } from './side-paths.ts';
import type { KeyRing } from './storage-key.ts';
import { decryptWhole, encryptWhole } from './whole-file.ts';

/**
 * Encrypts every file. A file is bound to its path by its seal, and stays readable when it is moved through this
 * driver. It is visible only once it is complete, and nothing of it is readable unless it is what was stored.
 */
export class EncryptingDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #keys: KeyRing;
  readonly #files: OpenFiles;
  readonly #reader: FileReader;
  readonly #uploads: EncryptedUploads;

  constructor(inner: StorageDriver, keys: KeyRing) {
    super(inner, { redirect: false, hidesUncommitted: true });
    this.#keys = keys;
    this.#files = new OpenFiles(inner, keys);
    this.#reader = new FileReader({ driver: inner, keys, files: this.#files });
    this.#uploads = new EncryptedUploads(inner, keys);
    if (inner.peek !== undefined) this.peek = (path) => this.#peeked(path, inner.peek?.(path));
  }

  override async stat(path: StoragePath, options: StatOptions = {}): Promise<FileInfo | undefined> {
    if (isOwn(path)) return undefined;
    const info = await this.inner.stat(path, { signal: options.signal });
    if (info === undefined) return options.uncommitted === true ? this.#uploads.stat(path, options) : undefined;
    return info.isFolder ? info : { ...info, size: plainSize(info.size) };
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    if (isOwn(path)) throw new DriverError('not-found', { path });
    return this.#reader.read(path, options);
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    refuseOwn(path);
    await this.inner.write(path, encryptWhole(content, path, this.#keys), options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    refuseOwn(path);
    if (options.append) return this.#uploads.resume(path, options, () => this.#isEmptyFile(path, options));
    return this.#uploads.begin(path, options, () => this.#isFile(path, options));
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    if (isOwn(folder)) return missing(folder);
    const list = this.inner.list(folder, options);
    return folder === ROOT_PATH ? withoutOwn(list) : list;
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    refuseOwn(from);
    refuseOwn(to);
    if (from !== to) await this.#permit(from, to, options);
    await this.inner.move(from, to, options);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    refuseOwn(path);
    const isThere = await Promise.all([path, sideFolder(path)].map((place) => this.#isDeleted(place, options)));
    if (!isThere.includes(true)) throw new DriverError('not-found', { path });
  }

  protected override async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    refuseOwn(folder);
    await this.inner.prune?.(folder, options);
    await this.inner.prune?.(sideFolder(folder), options);
  }

  protected override async checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    await super.checkFolders([...folders, sideFolder(ROOT_PATH)], options);
  }

  async #isDeleted(place: StoragePath, options: ChangeOptions | undefined): Promise<boolean> {
    try {
      await this.inner.delete(place, options);
      return true;
    } catch (error) {
      if (DriverError.is(error, 'not-found')) return false;
      throw error;
    }
  }

  #peeked(path: StoragePath, stored: Uint8Array | undefined): Uint8Array | undefined {
    if (stored === undefined || isOwn(path)) return undefined;
    try {
      return decryptWhole(stored, [path], this.#keys);
    } catch {
      // It may have been moved; `read` says what is wrong.
      return undefined;
    }
  }

  async #isFile(path: StoragePath, { signal }: CallOptions): Promise<boolean> {
    return (await this.inner.stat(path, { signal }))?.isFolder === false;
  }

  async #isEmptyFile(path: StoragePath, { signal }: CallOptions): Promise<boolean> {
    const info = await this.inner.stat(path, { signal });
    return info?.isFolder === false && plainSize(info.size) === 0;
  }

  /** Lets the file at `from` be read at `to`. A file that is not right stays so, wherever it is. */
  async #permit(from: StoragePath, to: StoragePath, options: ChangeOptions = {}): Promise<void> {
    try {
      const header = await this.#files.header(from, options.signal);
      const file = await this.#files.verified(from, header, options.signal);
      if (file === undefined) throw new DriverError('conflict', { path: from });
      await this.#files.permit(to, file, options.durable);
    } catch (error) {
      if (!DriverError.is(error, 'damaged') && !DriverError.is(error, 'not-found')) throw error;
    }
  }
}

async function* withoutOwn(list: EntryList): AsyncGenerator<ListEntry, void, undefined> {
  for await (const entry of list) if (`/${entry.name}` !== OWN_FOLDER) yield entry;
}

async function* missing(path: StoragePath): AsyncGenerator<ListEntry, void, undefined> {
  throw new DriverError('not-found', { path });
}
