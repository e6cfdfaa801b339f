import { hasPace, ownTurn } from '../async/call-pace.ts';
import { RequestsFirst } from '../async/requests-first.ts';
import {
  type CallOptions,
  type ChangeOptions,
  type CheckOptions,
  type DriverWriter,
  type EntryList,
  type FileInfo,
  ForwardingDriver,
  type ListOptions,
  type ReadOptions,
  type ReadStream,
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../driver/index.ts';
import { pacedEntries } from './paced-entries.ts';

/**
 * A driver whose calls keep the pace of the job that makes them; see `atPace`. Calls of work without a pace, such as
 * requests, pass at once, and those of jobs let them go first. A job waits at most 20 milliseconds for requests, so that it
 * gets on beside any load.
 */
export class PacedDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;
  readonly #order = new RequestsFirst();

  constructor(inner: StorageDriver) {
    super(inner);
    // What is in memory costs no call.
    if (inner.peek !== undefined) this.peek = (path) => inner.peek?.(path);
  }

  override stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    return this.#call(() => super.stat(path, options));
  }

  override read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    return this.#call(() => super.read(path, options));
  }

  override write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    return this.#call(() => super.write(path, content, options));
  }

  override openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    return this.#call(() => super.openWriter(path, options));
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    const list = super.list(folder, options);
    if (hasPace()) return pacedEntries(list, () => this.#turnOfJob());
    this.#order.noteRequest();
    return list;
  }

  override move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#call(() => super.move(from, to, options));
  }

  override delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    return this.#call(() => super.delete(path, options));
  }

  protected override pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    return this.#call(() => super.pruneFolder(folder, options));
  }

  protected override checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    return this.#call(() => super.checkFolders(folders, options));
  }

  async #call<Result>(call: () => Promise<Result>): Promise<Result> {
    if (!hasPace()) return this.#order.ofRequest(call);
    await this.#turnOfJob();
    return call();
  }

  async #turnOfJob(): Promise<void> {
    await ownTurn();
    await this.#order.ofJob();
  }
}
