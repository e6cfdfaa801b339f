import { entryBatches } from './entry-batches.ts';
import type { GuardedCalls } from './guarded-calls.ts';
import type { EntryList, ListEntry } from './storage-driver.ts';
import { isStoragePath, type StoragePath } from './storage-path.ts';

interface GuardedEntriesOptions {
  readonly calls: GuardedCalls;
  readonly folder: StoragePath;
  readonly signal: AbortSignal | undefined;
}

/**
 * A list of a driver without names that are invalid in storage paths. The driver is called when the list is read. The
 * time between two entries or groups is the reader's, and does not count.
 */
export class GuardedEntries implements EntryList {
  readonly #open: () => EntryList;
  readonly #options: GuardedEntriesOptions;

  /** @param open calls the driver */
  constructor(open: () => EntryList, options: GuardedEntriesOptions) {
    this.#open = open;
    this.#options = options;
  }

  [Symbol.asyncIterator](): AsyncGenerator<ListEntry, void, undefined> {
    return this.#each(
      (list) => list,
      (entry) => (isNamed(entry) ? entry : undefined),
    );
  }

  batches(): AsyncGenerator<readonly ListEntry[], void, undefined> {
    return this.#each(entryBatches, namedIn);
  }

  async *#each<Item>(
    begin: (list: EntryList) => AsyncIterable<Item>,
    keep: (item: Item) => Item | undefined,
  ): AsyncGenerator<Item, void, undefined> {
    const { calls, folder, signal } = this.#options;
    const timer = calls.timer('list', folder, signal);
    try {
      const items = await timer.step(() => {
        calls.checkPath(folder, true);
        return begin(this.#open())[Symbol.asyncIterator]();
      });
      try {
        for (;;) {
          const next = await timer.step(() => items.next());
          if (next.done === true) return;
          const kept = keep(next.value);
          if (kept !== undefined) yield kept;
        }
      } finally {
        await items.return?.();
      }
    } finally {
      timer.finish();
    }
  }
}

/** A batch without names that are invalid in paths; `undefined` when nothing is left. */
function namedIn(batch: readonly ListEntry[]): readonly ListEntry[] | undefined {
  const named = batch.every(isNamed) ? batch : batch.filter(isNamed);
  return named.length > 0 ? named : undefined;
}

function isNamed({ name }: ListEntry): boolean {
  return isStoragePath(`/${name}`);
}
