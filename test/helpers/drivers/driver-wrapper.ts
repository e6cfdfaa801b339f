import {
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  type DriverCall,
  type DriverWriter,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  ROOT_PATH,
  type StatOptions,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../../../core/driver/index.ts';

/** One call of a driver or of a writer that it has opened. */
export interface CallSite {
  readonly call: DriverCall;
  readonly path: StoragePath;
  /** The target of a move, or of a commit to another path. */
  readonly to?: StoragePath;
}

/**
 * Whether a process looks for garbage collections, which it does once in five seconds: what a request costs does not
 * include it.
 */
export function looksForCollections({ call, path }: CallSite): boolean {
  return call === 'list' && path.endsWith('/_jobs/gc/collections');
}

/**
 * A driver whose every call passes through {@link around}, including those of its writers; closing does not count as a
 * call.
 */
export abstract class DriverWrapper extends ForwardingDriver {
  /** Receives a call and decides when, and whether, to run it. */
  protected abstract around<Result>(site: CallSite, action: () => Promise<Result>): Promise<Result>;

  override stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.around({ call: 'stat', path }, () => super.stat(path, options));
  }

  override read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    return this.around({ call: 'read', path }, () => super.read(path, options));
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.around({ call: 'write', path }, () => super.write(path, content, options));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const writer = await this.around({ call: 'openWriter', path }, () => super.openWriter(path, options));
    return this.#wrapWriter(writer, path);
  }

  override async *list(
    folder: StoragePath,
    options?: CallOptions & { readonly after?: string | undefined },
  ): AsyncGenerator<ListEntry, void, undefined> {
    yield* await this.around({ call: 'list', path: folder }, async () => super.list(folder, options));
  }

  override move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.around({ call: 'move', path: from, to }, () => super.move(from, to, options));
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.around({ call: 'delete', path }, () => super.delete(path, options));
  }

  protected override pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    return this.around({ call: 'prune', path: folder }, () => super.pruneFolder(folder, options));
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    return this.around({ call: 'check', path: folders[0] ?? ROOT_PATH }, () => super.checkFolders(folders, options));
  }

  protected override urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return this.around({ call: 'redirectUrl', path }, () => super.urlFor(path, options));
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
