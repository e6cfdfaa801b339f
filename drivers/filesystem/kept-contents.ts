import { fstatSync, type Stats, statSync } from 'node:fs';

/** Only files up to this size are kept, in bytes. */
const MOST_FILE_BYTES = 16 * 1024;
const MOST_BYTES = 16 * 1024 * 1024;
/** What a kept content costs besides its bytes. */
const BYTES_OF_AN_ENTRY = 256;
/**
 * For how long a file must not have changed before it is kept, in milliseconds: a second change within one tick of the
 * clock that the file system stamps files with would leave no trace. The coarsest count whole seconds.
 */
const SETTLED_MS = 2_000;

interface Kept {
  readonly stats: Stats;
  readonly bytes: Buffer;
}

/**
 * The bytes of small files, each with what `stat` said of the file before it was read. Using one costs a stat: whatever
 * anybody changes, also a file put in place of another, shows in the inode, the size or the time of the last change of
 * the inode, which no program can set. Only for file systems whose stat is never answered from a cache of old answers.
 */
export class KeptContents {
  readonly #now: () => number;
  // A Map keeps the order of insertion: the first is the one that was kept longest ago.
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  /** @param now the clock of the file system, in milliseconds */
  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** The content that `file` has now, not to be changed; `undefined` when it has to be read. May throw as stat does. */
  current(file: string): Buffer | undefined {
    const kept = this.#kept.get(file);
    if (kept === undefined) return undefined;
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats !== undefined && isSame(stats, kept.stats)) return kept.bytes;
    this.#drop(file, kept);
    return undefined;
  }

  /** To be called before the file is read, and given to `keep` with what was read; `undefined` when not to be kept. */
  statsToKeep(descriptor: number): Stats | undefined {
    const stats = fstatSync(descriptor);
    const isSettled = this.#now() - stats.ctimeMs >= SETTLED_MS;
    return stats.isFile() && stats.size <= MOST_FILE_BYTES && isSettled ? stats : undefined;
  }

  /** Keeps the whole content of `file`. */
  keep(file: string, stats: Stats, bytes: Buffer): void {
    const before = this.#kept.get(file);
    if (before !== undefined) this.#drop(file, before);
    this.#kept.set(file, { stats, bytes });
    this.#bytes += costOf(bytes);
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= MOST_BYTES) return;
      this.#drop(oldest, kept);
    }
  }

  #drop(file: string, { bytes }: Kept): void {
    this.#kept.delete(file);
    this.#bytes -= costOf(bytes);
  }
}

function isSame(a: Stats, b: Stats): boolean {
  return a.ino === b.ino && a.ctimeMs === b.ctimeMs && a.size === b.size && a.mtimeMs === b.mtimeMs && a.dev === b.dev;
}

function costOf(bytes: Buffer): number {
  return bytes.byteLength + BYTES_OF_AN_ENTRY;
}
