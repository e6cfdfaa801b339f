import { DriverError, type EntryList, entryBatches, type ListEntry } from '../../driver/index.ts';

/** The two lists of one folder; each may reject with `not-found`. */
export interface MergedLists {
  readonly target: EntryList;
  readonly source: EntryList;
}

type Batch = readonly ListEntry[];

/**
 * The entries of two lists in byte order, each name once: that of the target. Holds one batch of each.
 * @throws DriverError (when iterated) `not-found` when both folders are missing
 */
export class MergedEntries implements EntryList {
  readonly #lists: MergedLists;

  constructor(lists: MergedLists) {
    this.#lists = lists;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ListEntry, void, undefined> {
    for await (const batch of this.batches()) yield* batch;
  }

  async *batches(): AsyncGenerator<Batch, void, undefined> {
    const target = new Cursor(this.#lists.target);
    const source = new Cursor(this.#lists.source);
    try {
      await Promise.all([target.fill(), source.fill()]);
      if (target.missing !== undefined && source.missing !== undefined) throw target.missing;
      while (!(target.isAtEnd && source.isAtEnd)) {
        yield merged(target, source);
        await Promise.all([target.fill(), source.fill()]);
      }
    } finally {
      await Promise.all([target.close(), source.close()]);
    }
  }
}

/** Takes entries until one of the lists needs its next batch. */
function merged(target: Cursor, source: Cursor): Batch {
  const entries: ListEntry[] = [];
  while (target.current !== undefined && source.current !== undefined) {
    const { name } = target.current;
    const other = source.current;
    // Names of storage paths are ASCII, so this is byte order.
    if (name <= other.name) entries.push(target.take());
    if (name > other.name) entries.push(source.take());
    else if (name === other.name) source.take();
  }
  while (source.isAtEnd && target.current !== undefined) entries.push(target.take());
  while (target.isAtEnd && source.current !== undefined) entries.push(source.take());
  return entries;
}

/** A place in a list. */
class Cursor {
  /** Why there is no list. */
  missing: DriverError | undefined;
  isAtEnd = false;
  readonly #batches: AsyncIterator<Batch>;
  #batch: Batch = [];
  #index = 0;

  constructor(list: EntryList) {
    this.#batches = entryBatches(list)[Symbol.asyncIterator]();
  }

  /** The next entry of the batch; `undefined` when it is used up. */
  get current(): ListEntry | undefined {
    return this.#batch[this.#index];
  }

  /** @throws Error when there is none */
  take(): ListEntry {
    const entry = this.current;
    if (entry === undefined) throw new Error('the batch is used up');
    this.#index += 1;
    return entry;
  }

  /** Reads the next batch if this one is used up. */
  async fill(): Promise<void> {
    while (this.current === undefined && !this.isAtEnd) {
      const next = await this.#next();
      this.#index = 0;
      this.#batch = next ?? [];
      this.isAtEnd = next === undefined;
    }
  }

  async close(): Promise<void> {
    await this.#batches.return?.();
  }

  async #next(): Promise<Batch | undefined> {
    try {
      const next = await this.#batches.next();
      return next.done === true ? undefined : next.value;
    } catch (error) {
      if (!DriverError.is(error, 'not-found')) throw error;
      this.missing = error;
      return undefined;
    }
  }
}
