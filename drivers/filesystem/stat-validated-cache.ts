import { type Stats, statSync } from 'node:fs';

/**
 * For how long a file must not have changed before it is kept, in milliseconds: a second change within one tick of the
 * clock that the file system stamps files with would leave no trace. The coarsest count whole seconds.
 */
const SETTLED_MS = 2_000;

interface Kept<Value> {
  readonly stats: Stats;
  readonly value: Value;
  readonly bytes: number;
}

/**
 * What was read of files or folders, each with what `stat` said of it before. Using one costs a stat: whatever anybody
 * changes, also a file put in place of another or a name in a folder, shows in the inode, the size or the time of the
 * last change of the inode, which no program can set. Only for file systems whose stat is never an old answer.
 */
export class StatValidatedCache<Value> {
  readonly #mostBytes: number;
  readonly #now: () => number;
  // A Map keeps the order of insertion: the first is the one that was kept longest ago.
  readonly #kept = new Map<string, Kept<Value>>();
  #bytes = 0;

  /**
   * @param mostBytes what all may cost together
   * @param now the clock of the file system, in milliseconds
   */
  constructor(mostBytes: number, now: () => number = () => Date.now()) {
    this.#mostBytes = mostBytes;
    this.#now = now;
  }

  /** What `file` holds now, not to be changed; `undefined` when it has to be read. May throw as stat does. */
  current(file: string): Value | undefined {
    const kept = this.#kept.get(file);
    if (kept === undefined) return undefined;
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats !== undefined && isSame(stats, kept.stats)) return kept.value;
    this.#drop(file, kept);
    return undefined;
  }

  /** Whether what is read after these stats were taken can be kept. */
  isSettled(stats: Stats): boolean {
    return this.#now() - stats.ctimeMs >= SETTLED_MS;
  }

  /**
   * Keeps all that was read of `file`.
   * @param stats from before it was read, when it had settled
   * @param bytes what keeping it costs
   */
  keep(file: string, { stats, value, bytes }: Kept<Value>): void {
    const before = this.#kept.get(file);
    if (before !== undefined) this.#drop(file, before);
    this.#kept.set(file, { stats, value, bytes });
    this.#bytes += bytes;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#mostBytes) return;
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
