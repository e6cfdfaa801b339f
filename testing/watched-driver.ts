import {
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  type DriverWriter,
  type EntryList,
  entryBatches,
  type FileInfo,
  ForwardingDriver,
  type ListEntry,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type RedirectOptions,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../core/driver/index.ts';
import { callText } from './call-text.ts';
import type { CallWatch } from './call-watch.ts';

/** The driver under test, each of whose calls has a time limit. */
export class WatchedDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #watch: CallWatch;

  constructor(inner: StorageDriver, watch: CallWatch) {
    super(inner);
    this.#watch = watch;
    if (inner.peek !== undefined) this.peek = (path) => inner.peek?.(path);
  }

  override stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.#watch.run(callText('stat', path, options), () => super.stat(path, options));
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    const text = callText('read', path, options);
    const stream = await this.#watch.run(text, () => super.read(path, options));
    const source = { [Symbol.asyncIterator]: stream[Symbol.asyncIterator].bind(stream) };
    // Readers keep the driver's own stream; only its iterator is replaced.
    return Object.defineProperty(stream, Symbol.asyncIterator, {
      value: () => this.#watch.each(`the stream of ${text}`, source),
    });
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#watch.run(callText('write', path, content, options), () => super.write(path, content, options));
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    const text = callText('openWriter', path, options);
    const writer = await this.#watch.run(text, () => super.openWriter(path, options));
    return this.#watched(writer, path);
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    const text = callText('list', folder, options);
    const list = super.list(folder, options);
    const each = (): AsyncIterator<ListEntry> => this.#watch.entries(text, list);
    if (list.batches === undefined) return { [Symbol.asyncIterator]: each };
    return {
      [Symbol.asyncIterator]: each,
      batches: () => this.#watch.entries(text, entryBatches(list)),
    };
  }

  override move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#watch.run(callText('move', from, to, options), () => super.move(from, to, options));
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#watch.run(callText('delete', path, options), () => super.delete(path, options));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch.run('the disposal of the driver', () => super[Symbol.asyncDispose]());
  }

  protected override urlFor(path: StoragePath, options: RedirectOptions): Promise<URL | undefined> {
    return this.#watch.run(callText('redirectUrl', path, options), () => super.urlFor(path, options));
  }

  protected override pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    return this.#watch.run(callText('prune', folder, options), () => super.pruneFolder(folder, options));
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    return this.#watch.run(callText('check', folders, options), () => super.checkFolders(folders, options));
  }

  #watched(writer: DriverWriter, path: StoragePath): DriverWriter {
    const run = (call: string, action: () => Promise<void>): Promise<void> =>
      this.#watch.run(`${call} of the writer of ${JSON.stringify(path)}`, action);
    return {
      get size() {
        return writer.size;
      },
      get tookOver() {
        return writer.tookOver;
      },
      append: (body, options) => this.#append(writer, body, { path, options }),
      commit: (to) => run(callText('commit', to), () => writer.commit(to)),
      cancel: () => run('cancel()', () => writer.cancel()),
      [Symbol.asyncDispose]: () => run('the disposal', async () => writer[Symbol.asyncDispose]()),
    };
  }

  /** An append may take as long as its body: it is late when it neither asks for another chunk nor ends. */
  async #append(
    writer: DriverWriter,
    body: AsyncIterable<Uint8Array>,
    { path, options }: { readonly path: StoragePath; readonly options: CallOptions | undefined },
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    using limit = this.#watch.limit(`${callText('append', options)} of the writer of ${JSON.stringify(path)}`, reject);
    const source = body[Symbol.asyncIterator]();
    let bytes = 0;
    const paced: AsyncIterableIterator<Uint8Array> = {
      [Symbol.asyncIterator]: () => paced,
      next: async () => {
        limit.pause();
        try {
          const next = await source.next();
          if (next.done !== true) bytes += next.value.byteLength;
          limit.detail = ` after ${bytes} bytes`;
          return next;
        } finally {
          limit.restart();
        }
      },
      return: async (value) => (await source.return?.(value)) ?? { done: true, value: undefined },
    };
    writer.append(paced, options).then(resolve, reject);
    return await promise;
  }
}
