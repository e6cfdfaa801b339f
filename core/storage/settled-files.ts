import { LRUCache } from 'lru-cache';
import type { StorageDriver, StoragePath } from '../driver/index.ts';
import { readStart } from './small-files.ts';

const MAX_FILES = 5_000;

/** The time of a file that was written once: nothing equals it. */
const UNKNOWN = Number.NaN;

/**
 * Writes small files, and leaves out a write whose result is there and survives a crash already. That a file is there
 * is not enough: the process that has put it there may not have made it durable yet. So only a file that this process
 * has written itself is left alone, while the storage still has exactly these bytes. A file on a local storage must also
 * have the time that it had after an own write: one that was deleted and written again by another process has a later
 * one. What a remote storage shows is durable.
 */
export class SettledFiles {
  readonly #driver: StorageDriver;
  readonly #isLocal: boolean;
  /** The time of the last change of files that this process has written, in milliseconds; 0 for remote ones. */
  readonly #changedMs = new LRUCache<StoragePath, number>({ max: MAX_FILES });

  constructor(driver: StorageDriver) {
    this.#driver = driver;
    this.#isLocal = driver.capabilities.locality === 'local';
  }

  /**
   * Makes `bytes` the content of `path`, durably. One driver call the first time. From the second time on one or two more
   * find out that nothing has to be written.
   */
  async write(path: StoragePath, bytes: Uint8Array): Promise<void> {
    const known = this.#changedMs.get(path);
    if (known !== undefined && (await this.#isSettled(path, bytes, known))) return;
    this.#changedMs.delete(path);
    await this.#driver.write(path, bytes);
    // Most files are written once, so their time is asked for the second time.
    const isFirst = known === undefined && this.#isLocal;
    this.#changedMs.set(path, isFirst ? UNKNOWN : await this.#changeOf(path));
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
