import { type Stats, statSync } from 'node:fs';

/**
 * How long a file must have been unchanged before it is kept, in milliseconds. A second change within one tick of the
 * file system's clock would leave no trace, and the coarsest clocks count whole seconds.
 */
const SETTLED_MS = 2_000;

interface Kept<Value> {
  readonly stats: Stats;
  readonly value: Value;
  readonly bytes: number;
}

/**
 * Caches the content of files or folders, each with the `stat` taken before the read. A lookup costs one stat. Every
 * change, including a replaced file or a new name in a folder, shows in the inode, the size or the change time of the
 * inode, which no program can set. Only for file systems whose stat is never stale.
 */
export class StatValidatedCache<Value> {
  readonly #maxBytes: number;
  readonly #now: () => number;
  // A Map keeps insertion order: the first entry is the oldest.
  readonly #kept = new Map<string, Kept<Value>>();
  #bytes = 0;

  /**
   * @param maxBytes the largest total cost
   * @param now the clock of the file system, in milliseconds
   */
  constructor(maxBytes: number, now: () => number = () => Date.now()) {
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /**
   * The current content of `file`, which the caller must not change; `undefined` when it must be read.
   * @throws the errors of stat
   */
  current(file: string): Value | undefined {
    const kept = this.#kept.get(file);
    if (kept === undefined) return undefined;
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats !== undefined) return this.matching(file, stats);
    this.#drop(file, kept);
    return undefined;
  }

  /** The kept content of `file`, if it is unchanged as of these stats. The caller must not change it. */
  matching(file: string, stats: Stats): Value | undefined {
    const kept = this.#kept.get(file);
    if (kept === undefined) return undefined;
    if (isSame(stats, kept.stats)) return kept.value;
    this.#drop(file, kept);
    return undefined;
  }

  /** Whether content that is read after these stats can be kept. */
  isSettled(stats: Stats): boolean {
    return this.#now() - stats.ctimeMs >= SETTLED_MS;
  }

  /**
   * Keeps the whole content of `file`.
   * @param stats taken before the read, when the file had settled
   * @param bytes the cost of keeping it
   */
  keep(file: string, { stats, value, bytes }: Kept<Value>): void {
    const before = this.#kept.get(file);
    if (before !== undefined) this.#drop(file, before);
    this.#kept.set(file, { stats, value, bytes });
    this.#bytes += bytes;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#drop(oldest, kept);
    }
  }

  #drop(file: string, { bytes }: Kept<Value>): void {
    this.#kept.delete(file);
    this.#bytes -= bytes;
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.ctimeMs === b.ctimeMs && a.size === b.size && a.mtimeMs === b.mtimeMs && a.dev === b.dev;
}
