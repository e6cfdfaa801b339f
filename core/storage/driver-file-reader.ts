import { DriverError, type StorageDriver, type StoragePath } from '../driver/index.ts';
import type { FileReader, Whence } from './file-reader.ts';

/**
 * A reader over one file of a driver. The size is taken when it is opened; a missing file has size 0. The driver is asked
 * for bytes when the first ones are read, and again only after a seek elsewhere.
 */
export class DriverFileReader implements FileReader {
  readonly size: number;
  readonly #driver: StorageDriver;
  readonly #path: StoragePath;
  readonly #modifiedAt: number | undefined;
  #offset = 0;
  #source: Source | undefined;
  #opened = false;
  #closed = false;

  private constructor(driver: StorageDriver, path: StoragePath, facts: { size: number; modifiedAt?: number }) {
    this.#driver = driver;
    this.#path = path;
    this.size = facts.size;
    this.#modifiedAt = facts.modifiedAt;
  }

  /** @throws DriverError `not-found` when `path` is a folder */
  static async open(driver: StorageDriver, path: StoragePath): Promise<DriverFileReader> {
    const info = await driver.stat(path);
    if (info === undefined) return new DriverFileReader(driver, path, { size: 0 });
    if (info.isFolder) throw new DriverError('not-found', { path, driver: driver.name });
    return new DriverFileReader(driver, path, { size: info.size, modifiedAt: info.modifiedAt.getTime() });
  }

  get offset(): number {
    return this.#offset;
  }

  async read(target: Uint8Array): Promise<number> {
    this.#checkOpen();
    const wanted = Math.min(target.byteLength, Math.max(0, this.size - this.#offset));
    let filled = 0;
    try {
      while (filled < wanted) {
        this.#source ??= await this.#openSource();
        const chunk = await this.#source.take(wanted - filled);
        if (chunk === undefined) throw new DriverError('conflict', { path: this.#path, offset: this.#offset + filled });
        target.set(chunk, filled);
        filled += chunk.byteLength;
      }
    } catch (error) {
      // The rest of the stream begins after the offset.
      await this.#release();
      throw error;
    }
    this.#offset += filled;
    return filled;
  }

  async seek(offset: number, whence: Whence = 'start'): Promise<number> {
    this.#checkOpen();
    const base = { start: 0, current: this.#offset, end: this.size }[whence];
    const target = base + offset;
    if (!Number.isSafeInteger(target) || target < 0) {
      throw new DriverError('invalid-offset', { path: this.#path, offset: target });
    }
    if (target !== this.#offset) {
      await this.#release();
      this.#offset = target;
    }
    return target;
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#closed = true;
    await this.#release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) await this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new DriverError('closed', { path: this.#path });
  }

  async #openSource(): Promise<Source> {
    // A file that changed between two openings would be served as a mixture of both.
    if (this.#opened) {
      const info = await this.#driver.stat(this.#path);
      if (info?.size !== this.size || info.modifiedAt.getTime() !== this.#modifiedAt) {
        throw new DriverError('conflict', { path: this.#path, driver: this.#driver.name });
      }
    }
    const stream = await this.#driver.read(this.#path, { start: this.#offset, end: this.size });
    this.#opened = true;
    return new Source(stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>);
  }

  async #release(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }
}

/** Returns the bytes of a stream in pieces of any size. */
class Source {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(chunks: AsyncIterator<Uint8Array>) {
    this.#chunks = chunks;
  }

  async take(maxBytes: number): Promise<Uint8Array | undefined> {
    while (this.#rest.byteLength === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
    }
    const piece = this.#rest.subarray(0, maxBytes);
    this.#rest = this.#rest.subarray(piece.byteLength);
    return piece;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
