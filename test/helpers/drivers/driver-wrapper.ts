import type { Readable } from 'node:stream';
import type {
  CallOptions,
  ChangeOptions,
  DriverCall,
  DriverWriter,
  FileInfo,
  ListEntry,
  ReadOptions,
  RedirectOptions,
  StatOptions,
  StorageDriver,
  StoragePath,
  WriterOptions,
} from '../../../core/driver/index.ts';

/** One call of a driver or of a writer that it has opened. */
export interface CallSite {
  readonly call: DriverCall;
  readonly path: StoragePath;
  /** Where a move goes, or a commit that is not under its own path. */
  readonly to?: StoragePath;
}

/** A driver whose every call passes through {@link around}, those of its writers too; closing is no call. */
export abstract class DriverWrapper implements StorageDriver {
  readonly #inner: StorageDriver;

  constructor(inner: StorageDriver) {
    this.#inner = inner;
  }

  get name(): string {
    return this.#inner.name;
  }

  get capabilities(): StorageDriver['capabilities'] {
    return this.#inner.capabilities;
  }

  /** Is told of a call and runs it: before, after, never or later. */
  protected abstract around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result>;

  stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.around({ call: 'stat', path }, () => this.#inner.stat(path, options));
  }

  read(path: StoragePath, options?: ReadOptions): Promise<Readable> {
    return this.around({ call: 'read', path }, () => this.#inner.read(path, options));
  }

  write(path: StoragePath, content: Uint8Array, options?: ChangeOptions): Promise<void> {
    return this.around({ call: 'write', path }, () => this.#inner.write(path, content, options));
  }

  async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await this.around({ call: 'openWriter', path }, () => this.#inner.openWriter(path, options));
    return this.#wrapWriter(writer, path);
  }

  async *list(
    folder: StoragePath,
    options?: CallOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ListEntry, void, undefined> {
    yield* await this.around({ call: 'list', path: folder }, async () => this.#inner.list(folder, options));
  }

  move(from: StoragePath, to: StoragePath, options?: CallOptions): Promise<void> {
    return this.around({ call: 'move', path: from, to }, () => this.#inner.move(from, to, options));
  }

  delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.around({ call: 'delete', path }, () => this.#inner.delete(path, options));
  }

  async redirectUrl(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return this.around({ call: 'redirectUrl', path }, async () => this.#inner.redirectUrl?.(path, options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inner[Symbol.asyncDispose]();
  }

  #wrapWriter(writer: DriverWriter, path: StoragePath): DriverWriter {
    return {
      get size() {
        return writer.size;
      },
      tookOver: writer.tookOver,
      append: (body, options) => this.around({ call: 'append', path }, () => writer.append(body, options)),
      commit: (to) => this.around({ call: 'commit', path, ...(to && { to }) }, () => writer.commit(to)),
      cancel: () => this.around({ call: 'cancel', path }, () => writer.cancel()),
      [Symbol.asyncDispose]: async () => writer[Symbol.asyncDispose](),
    };
  }
}
