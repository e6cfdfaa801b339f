import type { DriverCapabilities } from './driver-capabilities.ts';
import type {
  CallOptions,
  ChangeOptions,
  CheckOptions,
  DriverWriter,
  EntryList,
  FileInfo,
  ListOptions,
  ReadOptions,
  ReadStream,
  RedirectOptions,
  StatOptions,
  StorageDriver,
  WriteOptions,
  WriterOptions,
} from './storage-driver.ts';
import type { StoragePath } from './storage-path.ts';

/**
 * A driver that forwards every call to another one. A wrapper extends it and overrides what it changes. Members that
 * the contract gains later are forwarded without a change to the wrapper.
 *
 * The optional members follow the inner driver:
 *
 * | member | is present if | override |
 * | --- | --- | --- |
 * | `redirectUrl` | `capabilities.redirect` is true | `urlFor` |
 * | `check` | the inner driver has it | `checkFolders` |
 * | `prune` | the inner driver has it | `pruneFolder` |
 * | `peek` | the inner driver has it and `read` is not overridden, because `peek` would return what `read` was meant to
 * change; it returns `undefined` if a field overrides `read` | `peek` itself |
 */
export class ForwardingDriver implements StorageDriver {
  readonly name: string;
  readonly capabilities: DriverCapabilities;
  // Declared only: a field would hide a method of a subclass in plain JavaScript.
  declare readonly redirectUrl?: (path: StoragePath, options: RedirectOptions) => Promise<URL | undefined>;
  declare readonly prune?: (folder: StoragePath, options?: CallOptions) => Promise<void>;
  declare readonly check?: (folders: readonly StoragePath[], options?: CheckOptions) => Promise<void>;
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  /** Owned by this driver, which disposes it. */
  protected readonly inner: StorageDriver;

  /** @param changes the capabilities in which this driver differs from the inner one */
  constructor(inner: StorageDriver, changes: Partial<DriverCapabilities> = {}) {
    this.inner = inner;
    this.name = inner.name;
    this.capabilities = { ...inner.capabilities, ...changes };
    if (this.capabilities.redirect) this.redirectUrl ??= (path, options) => this.urlFor(path, options);
    if (inner.prune !== undefined) this.prune ??= (folder, options) => this.pruneFolder(folder, options);
    if (inner.check !== undefined) this.check ??= (folders, options) => this.checkFolders(folders, options);
    if (inner.peek !== undefined && this.#readsAsInner) {
      // Checked on each call, because the fields of a subclass are set after this.
      this.peek ??= (path) => (this.#readsAsInner ? inner.peek?.(path) : undefined);
    }
  }

  get #readsAsInner(): boolean {
    return this.read === ForwardingDriver.prototype.read;
  }

  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.inner.stat(path, options);
  }

  read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    return this.inner.read(path, options);
  }

  write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.inner.write(path, content, options);
  }

  openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    return this.inner.openWriter(path, options);
  }

  list(folder: StoragePath, options?: ListOptions): EntryList {
    return this.inner.list(folder, options);
  }

  move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.inner.move(from, to, options);
  }

  delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.inner.delete(path, options);
  }

  /** Disposes the inner driver. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
  }

  /** Implements `redirectUrl`; `undefined` when the inner driver has no URL. */
  protected async urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return this.inner.redirectUrl?.(path, options);
  }

  /** Implements `prune`. */
  protected async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    await this.inner.prune?.(folder, options);
  }

  /** Implements `check`. */
  protected async checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    await this.inner.check?.(folders, options);
  }
}
