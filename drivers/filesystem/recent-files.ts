import { statfs } from 'node:fs/promises';

/** For how long after its last use a file counts as hot, in milliseconds. */
const HOT_MS = 10_000;
const MAX_FILES = 10_000;
/** The largest number of such calls in one turn of the event loop; about a millisecond. */
const MAX_IN_TURN = 128;

/**
 * Types of file systems (statfs(2)) whose calls are answered from memory if the needed data is cached: ext, XFS,
 * Btrfs, F2FS, ZFS, tmpfs, overlayfs. Network file systems may wait for the network every time.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994, 0x794c7630,
]);

/** Whether `folder` is on a file system that never waits for a network. */
export async function isOnLocalFileSystem(folder: string): Promise<boolean> {
  const { type } = await statfs(folder).catch(() => ({ type: 0 }));
  return LOCAL_TYPES.has(type);
}

/**
 * Files that were used a moment ago, so that the kernel still has their data in memory. Using one again takes
 * microseconds, less than passing the call to another thread and back. Only the paths are remembered, never the
 * content, so the next call sees whatever other processes write.
 */
export class RecentFiles {
  /** Whether a file can be hot: no call on its file system waits for a network. */
  readonly isLocal: boolean;
  readonly #now: () => number;
  // A Map keeps insertion order: the first entry is the least recently used.
  readonly #usedAt = new Map<string, number>();
  #left = MAX_IN_TURN;

  /** @param isLocal when false, no file is ever hot */
  constructor(isLocal: boolean, now: () => number = () => performance.now()) {
    this.isLocal = isLocal;
    this.#now = now;
  }

  /** Whether the file may be used synchronously; if so, the caller must do that. */
  claim(file: string): boolean {
    const usedAt = this.#usedAt.get(file);
    if (usedAt === undefined || this.#now() - usedAt >= HOT_MS || this.#left === 0) return false;
    // A loop of such calls would block the event loop.
    if (this.#left === MAX_IN_TURN) setImmediate(() => (this.#left = MAX_IN_TURN));
    this.#left -= 1;
    return true;
  }

  /** Records whether the file was found. */
  note(file: string, isFound: boolean): void {
    this.#usedAt.delete(file);
    if (!isFound || !this.isLocal) return;
    this.#usedAt.set(file, this.#now());
    if (this.#usedAt.size <= MAX_FILES) return;
    const [oldest] = this.#usedAt.keys();
    if (oldest !== undefined) this.#usedAt.delete(oldest);
  }
}
