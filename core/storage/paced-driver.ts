import { ownTurn } from '../async/call-pace.ts';
import { RequestsFirst } from '../async/requests-first.ts';
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
  type StatOptions,
  type StorageDriver,
  type StoragePath,
  type WriteOptions,
  type WriterOptions,
} from '../driver/index.ts';

/** A backend answers a call with at most so many entries of a list; more are another call. */
const ENTRIES_PER_CALL = 1000;

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
    const entries: EntryList = { [Symbol.asyncIterator]: () => eachIn(this.#pacedBatches(list)) };
    return list.batches === undefined ? entries : { ...entries, batches: () => this.#pacedBatches(list) };
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
    const turn = ownTurn();
    if (turn === undefined) return this.#order.ofRequest(call);
    await turn;
    await this.#order.ofJob();
    return call();
  }

  async *#pacedBatches(list: EntryList): AsyncGenerator<readonly ListEntry[], void, undefined> {
    await this.#turnOfList();
    let paid = ENTRIES_PER_CALL;
    for await (const batch of entryBatches(list)) {
      paid -= batch.length;
      yield batch;
      if (paid > 0) continue;
      await this.#turnOfList();
      paid += ENTRIES_PER_CALL;
    }
  }

  async #turnOfList(): Promise<void> {
    const turn = ownTurn();
    if (turn === undefined) return;
    await turn;
    await this.#order.ofJob();
  }
}

async function* eachIn(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<ListEntry, void, undefined> {
  for await (const batch of batches) yield* batch;
}
