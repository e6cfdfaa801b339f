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
  parseStoragePath,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  ROOT_PATH,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../driver/index.ts';

/**
 * A folder of a storage as a storage of its own: its root is the folder, which need not exist. Disposing it leaves the storage
 * open.
 */
export class FolderDriver extends ForwardingDriver {
  readonly #folder: StoragePath;

  constructor(storage: StorageDriver, folder: StoragePath) {
    super(storage);
    this.#folder = folder;
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    const info = await within(this.inner.stat(this.#below(path), options));
    if (info !== undefined) return { ...info, path };
    // The root of a storage always exists.
    return path === ROOT_PATH ? { path, isFolder: true, size: 0, modifiedAt: new Date() } : undefined;
  }

  override read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    return within(this.inner.read(this.#below(path), options));
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return within(this.inner.write(this.#below(path), content, options));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await within(this.inner.openWriter(this.#below(path), options));
    return new FolderWriter(writer, (to) => this.#below(to));
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    return this.#entries(folder, options);
  }

  override move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
    return within(this.inner.move(this.#below(from), this.#below(to), options));
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return within(this.inner.delete(this.#below(path), options));
  }

  override async [Symbol.asyncDispose](): Promise<void> {}

  protected override urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return within(super.urlFor(this.#below(path), options));
  }

  protected override pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    return within(super.pruneFolder(this.#below(folder), options));
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    const below = folders.map((folder) => this.#below(folder));
    return within(super.checkFolders(below, options));
  }

  #below(path: StoragePath): StoragePath {
    return path === ROOT_PATH ? this.#folder : parseStoragePath(`${this.#folder}${path}`);
  }

  async *#entries(folder: StoragePath, options?: ListOptions): AsyncGenerator<ListEntry, void, undefined> {
    try {
      yield* this.inner.list(this.#below(folder), options);
    } catch (error) {
      if (folder === ROOT_PATH && DriverError.is(error, 'not-found')) return;
      throw withoutPath(error);
    }
  }
}

/** A writer that is told paths of the folder. */
class FolderWriter implements DriverWriter {
  readonly #writer: DriverWriter;
  readonly #below: (path: StoragePath) => StoragePath;

  constructor(writer: DriverWriter, below: (path: StoragePath) => StoragePath) {
    this.#writer = writer;
    this.#below = below;
  }

  get size(): number {
    return this.#writer.size;
  }

  get tookOver(): boolean | undefined {
    return this.#writer.tookOver;
  }

  append(body: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void> {
    return within(this.#writer.append(body, options));
  }

  commit(to?: StoragePath): Promise<void> {
    return within(this.#writer.commit(to === undefined ? undefined : this.#below(to)));
  }

  cancel(): Promise<void> {
    return within(this.#writer.cancel());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return within(this.#writer[Symbol.asyncDispose]());
  }
}

async function within<Result>(call: PromiseLike<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    throw withoutPath(error);
  }
}

/** The guard outside adds the path that the caller knows. */
function withoutPath(error: unknown): unknown {
  if (!DriverError.is(error)) return error;
  const { code, offset, cause = error } = error;
  return new DriverError(code, { ...(offset !== undefined && { offset }), cause });
}
