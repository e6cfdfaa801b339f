import type {
  CallOptions,
  ChangeOptions,
  CheckOptions,
  DriverCapabilities,
  DriverWriter,
  FileInfo,
  ListEntry,
  ReadOptions,
  ReadStream,
  RedirectOptions,
  StatOptions,
  StorageDriver,
  StoragePath,
  WriterOptions,
} from '../../core/driver/index.ts';

/** Passes every call on. A wrapper extends it and replaces what it does itself. */
export class PassThroughDriver implements StorageDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  /** There when the capabilities say so; answers with {@link urlFor}. */
  readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  /** There when the driver below has it; answers with {@link checkFolders}. */
  readonly check?: (folders: readonly StoragePath[], options?: CheckOptions) => Promise<void>;
  protected readonly inner: StorageDriver;

  /** @param changes in which capabilities this differs from the driver below */
  constructor(inner: StorageDriver, changes: Partial<DriverCapabilities> = {}) {
    this.inner = inner;
    this.name = inner.name;
    this.capabilities = { ...inner.capabilities, ...changes };
    if (inner.check !== undefined) this.check = (folders, options) => this.checkFolders(folders, options);
    if (this.capabilities.redirect) this.redirectUrl = (path, options) => this.urlFor(path, options);
  }

  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.inner.stat(path, options);
  }

  read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    return this.inner.read(path, options);
  }

  write(path: StoragePath, content: Uint8Array, options?: ChangeOptions): Promise<void> {
    return this.inner.write(path, content, options);
  }

  openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    return this.inner.openWriter(path, options);
  }

  list(folder: StoragePath, options?: CallOptions & { readonly after?: string | undefined }): AsyncIterable<ListEntry> {
    return this.inner.list(folder, options);
  }

  move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
    return this.inner.move(from, to, options);
  }

  delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.inner.delete(path, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
  }

  /** The answer to `check`. */
  protected async checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    await this.inner.check?.(folders, options);
  }

  /** The answer to `redirectUrl`. */
  protected async urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return this.inner.redirectUrl?.(path, options);
  }
}
