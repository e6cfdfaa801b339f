import type { EntryList, ListEntry } from '../../core/driver/index.ts';

/** How many entries are converted to objects at a time: few at first, because most readers need one page. */
const FIRST_GROUP = 128;
const MAX_GROUP = 1024;
/** The memory of an entry in bytes, in addition to its characters: a string, a reference and a flag. */
const BYTES_OF_AN_ENTRY = 36;

/** The entries of a folder in byte order, in a form that takes less memory than one object each. */
export class EntryTable {
  /** The approximate memory that it takes. */
  readonly bytes: number;
  readonly #names: readonly string[];
  readonly #isFolder: Uint8Array;

  /** @param entries in any order */
  constructor(entries: readonly ListEntry[]) {
    const sorted = entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    this.#names = sorted.map(({ name }) => name);
    this.#isFolder = Uint8Array.from(sorted, ({ isFolder }) => Number(isFolder));
    this.bytes = this.#names.reduce((sum, name) => sum + name.length + BYTES_OF_AN_ENTRY, BYTES_OF_AN_ENTRY);
  }

  /**
   * The entries in groups, each created when it is requested.
   * @param after only names greater than this one, which need not exist
   * @param hidden a name to omit
   */
  *groups(after = '', hidden?: string): Generator<readonly ListEntry[], void, undefined> {
    let index = this.#indexAfter(after);
    for (let size = FIRST_GROUP; index < this.#names.length; size = MAX_GROUP) {
      const group: ListEntry[] = [];
      for (const end = Math.min(index + size, this.#names.length); index < end; index += 1) {
        const name = this.#names[index] ?? '';
        if (name !== hidden) group.push({ name, isFolder: this.#isFolder[index] === 1 });
      }
      yield group;
    }
  }

  #indexAfter(after: string): number {
    let [low, high] = [0, this.#names.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#names[middle] ?? '') <= after) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A list whose groups are found when it is read. */
export class GroupedEntries implements EntryList {
  readonly #find: () => Promise<Iterable<readonly ListEntry[]>>;

  constructor(find: () => Promise<Iterable<readonly ListEntry[]>>) {
    this.#find = find;
  }

  async *batches(): AsyncGenerator<readonly ListEntry[], void, undefined> {
    yield* await this.#find();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ListEntry, void, undefined> {
    for (const group of await this.#find()) yield* group;
  }
}
