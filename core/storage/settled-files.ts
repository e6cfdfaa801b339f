import { LRUCache } from 'lru-cache';
import { Moment } from '../async/moment.ts';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import { readStart } from './small-files.ts';

const MAX_FILES = 5_000;
/**
 * How long a write makes another one unnecessary, in milliseconds: less than any grace of a collection, for which the
 * time of a link is that of the last push.
 */
const MAX_AGE_MS = 10_000;

/** The time of a file that was written once; it equals no time. */
const UNKNOWN = Number.NaN;

/**
 * Writes small files, and omits a write whose result already exists durably. The existence of the file is not enough:
 * the process that wrote it may not have made it durable yet. So only a file that this process itself wrote is left
 * alone, for ten seconds, and only while the storage still has exactly these bytes. On a local storage, the file must also have the time
 * of that write: a file that another process deleted and wrote again has a later one. Whatever a remote storage shows
 * is durable.
 */
export class SettledFiles {
  readonly #driver: StorageDriver;
  readonly #isLocal: boolean;
  /** The files that this process wrote: their modification times, in milliseconds, 0 for remote ones. */
  readonly #written = new LRUCache<StoragePath, { readonly changedMs: number; readonly at: Moment }>({
    max: MAX_FILES,
  });

  constructor(driver: StorageDriver) {
    this.#driver = driver;
    this.#isLocal = driver.capabilities.locality === 'local';
  }

  /**
   * Makes `bytes` the content of `path`, durably. One driver call the first time. From the second time on, one or two
   * more find out whether anything needs to be written.
   */
  async write(path: StoragePath, bytes: Uint8Array): Promise<void> {
    const known = this.#written.get(path);
    const isRecent = known !== undefined && known.at.ageMs < MAX_AGE_MS;
    if (isRecent && (await this.#isSettled(path, bytes, known.changedMs))) return;
    this.#written.delete(path);
    const at = new Moment();
    await this.#driver.write(path, bytes);
    // Most files are written once, so the time is requested only from the second write on.
    const isFirst = known === undefined && this.#isLocal;
    this.#written.set(path, { changedMs: isFirst ? UNKNOWN : await this.#changeOf(path), at });
  }

  async #isSettled(path: StoragePath, bytes: Uint8Array, known: number): Promise<boolean> {
    if (Number.isNaN(known) || (await this.#changeOf(path)) !== known) return false;
    const stored = await readStart(this.#driver, path, { maxBytes: bytes.byteLength + 1 });
    return stored?.equals(bytes) === true;
  }

  async #changeOf(path: StoragePath): Promise<number> {
    if (!this.#isLocal) return 0;
    return (await this.#driver.stat(path))?.modifiedAt.getTime() ?? UNKNOWN;
  }
}
