import { randomUUID } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently } from '../../../core/async/concurrency.ts';
import { algorithmOf, contentAlgorithms, type Digest, hexOf, isDigest } from '../../../core/digest/digest.ts';
import {
  parseStoragePath,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';
import { clearLeftovers, namesIn, ownFolderName } from './fill-folders.ts';

/** The minimum interval between two scans of the folder for copies of other processes, in milliseconds. */
const REFRESH_MS = 10_000;
/** How long after its last use the kernel has the inode of a file in memory, in milliseconds. */
const HOT_MS = 10_000;
const FILES_AT_ONCE = 16;

/** The folder of the copies and their limit. */
export interface CachedFilesOptions {
  /** Absolute. */
  readonly folder: string;
  readonly maxBytes: number;
  /** A driver whose root is `folder` and which keeps each path as a file of the same path. */
  readonly store: StorageDriver;
  /** Aborts the opening. */
  readonly signal?: AbortSignal | undefined;
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/** Identifies one state of a file: no program can set the time of its last change. */
type Stamp = Pick<Stats, 'ino' | 'size' | 'ctimeMs' | 'mtimeMs'>;

interface CachedFile {
  readonly bytes: number;
  /** The state of the file when its content was verified; absent for a file that was found but not read yet. */
  readonly verified?: Stamp | undefined;
  usedAt: number;
}

/**
 * The copies in the folder, `blobs/<algorithm>/<hex>`, least recently used first. Several processes may share a folder:
 * a file appears complete, under its digest, and may vanish at any time.
 */
export class CachedFiles {
  readonly store: StorageDriver;
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #files = new Map<Digest, CachedFile>();
  #bytes = 0;
  #reservedBytes = 0;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  private constructor({ folder, maxBytes, store, now = () => performance.now() }: CachedFilesOptions) {
    this.store = store;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /**
   * Removes what a crash left, reads the existing copies, and removes those that exceed the limit.
   * @throws the reason of `signal` when it aborts, between two of these steps
   */
  static async open({ signal, ...options }: CachedFilesOptions): Promise<CachedFiles> {
    await clearLeftovers(join(options.folder, 'filling'), signal);
    signal?.throwIfAborted();
    const files = new CachedFiles(options);
    if (await files.reserve(0)) files.release(0);
    return files;
  }

  /** The total size of all known copies, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The path of an unfinished copy. */
  newPath(): StoragePath {
    return parseStoragePath(`/filling/${ownFolderName()}/${randomUUID()}`);
  }

  /** The current state of the file; `undefined` when it is missing. */
  stamp(digest: Digest): Promise<Stamp | undefined> {
    return statIfPresent(this.#fileOf(digest));
  }

  /**
   * Whether the current content of the file was verified; if so, marks it as used. Only for a copy that was used a
   * moment ago, whose inode the kernel has in memory; `undefined` for other copies.
   */
  useHot(digest: Digest): true | undefined {
    const known = this.#files.get(digest);
    if (known?.verified === undefined || this.#now() - known.usedAt >= HOT_MS) return undefined;
    const stamp = statSync(this.#fileOf(digest), { throwIfNoEntry: false });
    if (stamp === undefined || !isSame(known.verified, stamp)) return undefined;
    this.#touch(digest, known);
    return true;
  }

  /** Whether the current content of the file was verified; if so, marks it as used. */
  useVerified(digest: Digest, stamp: Stamp): boolean {
    const known = this.#files.get(digest);
    if (known?.verified === undefined || !isSame(known.verified, stamp)) return false;
    this.#touch(digest, known);
    return true;
  }

  /** Records that a copy was used now. */
  note(digest: Digest, { size }: Stamp, verified?: Stamp): void {
    this.forget(digest);
    this.#files.set(digest, { bytes: size, verified, usedAt: this.#now() });
    this.#bytes += size;
  }

  /** Forgets a copy whose file is gone. */
  forget(digest: Digest): void {
    this.#bytes -= this.#files.get(digest)?.bytes ?? 0;
    this.#files.delete(digest);
  }

  /** Removes a copy; its readers are not interrupted. */
  async remove(digest: Digest): Promise<void> {
    this.forget(digest);
    await unlink(this.#fileOf(digest)).catch(ignoreMissing);
  }

  /** The digests of all copies, including those of other processes. */
  async digests(): Promise<Digest[]> {
    await this.#refresh();
    return [...this.#files.keys()];
  }

  /** @throws DriverError `not-found` when the copy has vanished */
  read(digest: Digest, range?: ReadOptions): Promise<ReadStream> {
    return this.store.read(this.#pathOf(digest), range);
  }

  /** Makes the complete and verified file at `from` the copy of `digest`. */
  async adopt(from: StoragePath, digest: Digest): Promise<void> {
    await this.store.move(from, this.#pathOf(digest));
    const stamp = await statIfPresent(this.#fileOf(digest));
    if (stamp !== undefined) this.note(digest, stamp, stamp);
  }

  /**
   * Makes room for `bytes` by removing the least recently used copies.
   * @returns whether there is room; if so, the caller must release it
   */
  async reserve(bytes: number): Promise<boolean> {
    if (this.#now() - this.#refreshedAt >= REFRESH_MS) await this.#refresh();
    if (this.#reservedBytes + bytes > this.#maxBytes) return false;
    this.#reservedBytes += bytes;
    const victims: Digest[] = [];
    for (const digest of this.#files.keys()) {
      if (this.#bytes + this.#reservedBytes <= this.#maxBytes) break;
      this.forget(digest);
      victims.push(digest);
    }
    try {
      await mapConcurrently(victims, FILES_AT_ONCE, (digest) => unlink(this.#fileOf(digest)).catch(ignoreMissing));
    } catch (error) {
      this.release(bytes);
      throw error;
    }
    return true;
  }

  release(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  /** Finds the copies that other processes have added or removed. */
  async #refresh(): Promise<void> {
    this.#refreshedAt = this.#now();
    const before = new Map(this.#files);
    const present = new Set(await this.#present());
    for (const [digest, file] of before) {
      if (!present.has(digest) && this.#files.get(digest) === file) this.forget(digest);
    }
    const unknown = [...present].filter((digest) => !this.#files.has(digest));
    const found = await mapConcurrently(unknown, FILES_AT_ONCE, async (digest) => ({
      digest,
      stamp: await statIfPresent(this.#fileOf(digest)),
    }));
    for (const { digest, stamp } of found.sort((a, b) => (a.stamp?.mtimeMs ?? 0) - (b.stamp?.mtimeMs ?? 0))) {
      if (stamp !== undefined && !this.#files.has(digest)) this.note(digest, stamp);
    }
  }

  async #present(): Promise<Digest[]> {
    const found: Digest[] = [];
    for (const algorithm of contentAlgorithms()) {
      for (const name of await namesIn(join(this.#folder, 'blobs', algorithm))) {
        const digest = `${algorithm}:${name}`;
        if (isDigest(digest)) found.push(digest);
      }
    }
    return found;
  }

  #touch(digest: Digest, file: CachedFile): void {
    file.usedAt = this.#now();
    this.#files.delete(digest);
    this.#files.set(digest, file);
  }

  #pathOf(digest: Digest): StoragePath {
    // Every character of a digest is allowed in a path.
    return `/blobs/${algorithmOf(digest)}/${hexOf(digest)}` as StoragePath;
  }

  #fileOf(digest: Digest): string {
    return this.#folder + this.#pathOf(digest);
  }
}

async function statIfPresent(file: string): Promise<Stats | undefined> {
  return stat(file).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

function isSame(a: Stamp, b: Stamp): boolean {
  return a.ino === b.ino && a.size === b.size && a.ctimeMs === b.ctimeMs && a.mtimeMs === b.mtimeMs;
}
