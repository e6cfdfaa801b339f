import { ownTurn } from '../async/call-pace.ts';
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
 * A driver whose calls keep the pace of the work that makes them; see `atPace`. Calls of work without a pace, such as
 * requests, pass at once.
 */
export class PacedDriver extends ForwardingDriver {
  declare readonly peek?: (path: StoragePath) => Uint8Array | undefined;

  constructor(inner: StorageDriver) {
    super(inner);
    // What is in memory costs no call.
    if (inner.peek !== undefined) this.peek = (path) => inner.peek?.(path);
  }

  override async stat(path: StoragePath, options?: StatOptions): Promise<FileInfo | undefined> {
    await ownTurn();
    return super.stat(path, options);
  }

  override async read(path: StoragePath, options?: ReadOptions): Promise<ReadStream> {
    await ownTurn();
    return super.read(path, options);
  }

  override async write(path: StoragePath, content: Uint8Array, options?: WriteOptions): Promise<void> {
    await ownTurn();
    return super.write(path, content, options);
  }

  override async openWriter(path: StoragePath, options: WriterOptions): Promise<DriverWriter> {
    await ownTurn();
    return super.openWriter(path, options);
  }

  override list(folder: StoragePath, options?: ListOptions): EntryList {
    const list = super.list(folder, options);
    const entries: EntryList = { [Symbol.asyncIterator]: () => eachIn(pacedBatches(list)) };
    return list.batches === undefined ? entries : { ...entries, batches: () => pacedBatches(list) };
  }

  override async move(from: StoragePath, to: StoragePath, options?: ChangeOptions): Promise<void> {
    await ownTurn();
    return super.move(from, to, options);
  }

  override async delete(path: StoragePath, options?: ChangeOptions): Promise<void> {
    await ownTurn();
    return super.delete(path, options);
  }

  protected override async pruneFolder(folder: StoragePath, options?: CallOptions): Promise<void> {
    await ownTurn();
    return super.pruneFolder(folder, options);
  }

  protected override async checkFolders(folders: readonly StoragePath[], options?: CheckOptions): Promise<void> {
    await ownTurn();
    return super.checkFolders(folders, options);
  }
}

async function* pacedBatches(list: EntryList): AsyncGenerator<readonly ListEntry[], void, undefined> {
  await ownTurn();
  let paid = ENTRIES_PER_CALL;
  for await (const batch of entryBatches(list)) {
    paid -= batch.length;
    yield batch;
    if (paid > 0) continue;
    await ownTurn();
    paid += ENTRIES_PER_CALL;
  }
}

async function* eachIn(batches: AsyncIterable<readonly ListEntry[]>): AsyncGenerator<ListEntry, void, undefined> {
  for await (const batch of batches) yield* batch;
}
