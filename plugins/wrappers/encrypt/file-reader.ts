import { Readable } from 'node:stream';
import {
  DriverError,
  type ReadOptions,
  type ReadStream,
  type StorageDriver,
  type StoragePath,
} from '../../../core/driver/index.ts';
import { ChunkStream } from '../chunk-stream.ts';
import { decryptedChunks, type PlainRange } from './decrypted-chunks.ts';
import { freeMemory } from './free-memory.ts';
import { frameAt, frameCount, frameOffset, HEADER_BYTES, MAX_FRAME_BYTES, TRAILER_BYTES } from './layout.ts';
import type { OpenFile, OpenFiles } from './open-files.ts';
import type { KeyRing } from './storage-key.ts';
import { StoredBytes } from './stored-bytes.ts';
import { decryptWhole } from './whole-file.ts';

/** The size up to which a file is decrypted in memory, before the first byte leaves. */
const MAX_SMALL_BYTES = HEADER_BYTES + MAX_FRAME_BYTES + TRAILER_BYTES;
/** How often a file may be replaced while it is opened. */
const MAX_ATTEMPTS = 10;

interface FileReaderDependencies {
  readonly driver: StorageDriver;
  readonly keys: KeyRing;
  readonly files: OpenFiles;
}

type Range = PlainRange & Pick<ReadOptions, 'signal' | 'bulk'>;

/** Opens encrypted files. The seal and the first frame are verified before a stream is returned. */
export class FileReader {
  readonly #driver: StorageDriver;
  readonly #keys: KeyRing;
  readonly #files: OpenFiles;

  constructor({ driver, keys, files }: FileReaderDependencies) {
    this.#driver = driver;
    this.#keys = keys;
    this.#files = files;
  }

  /** @throws DriverError as `StorageDriver.read`; `damaged`; `denied` when the key of the file is not configured */
  async read(path: StoragePath, { start = 0, end = Infinity, signal, bulk }: ReadOptions = {}): Promise<ReadStream> {
    const range = { start, end, signal, bulk };
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const stream = await (start === 0 ? this.#fromStart(path, range) : this.#from(path, range));
      if (stream !== undefined) return stream;
      this.#files.forget(path);
    }
    throw new DriverError('conflict', { path, cause: new Error('the file was replaced too often') });
  }

  /** One read for a small file, and for one whose seal is known. @returns `undefined` when the file was replaced */
  async #fromStart(path: StoragePath, { start, end, signal, bulk }: Range): Promise<ReadStream | undefined> {
    // One byte more than a small file can have, to see that it ends.
    const storedEnd = Math.max(frameOffset(frameCount(end)), MAX_SMALL_BYTES + 1);
    const source = await this.#driver.read(path, {
      ...(Number.isFinite(storedEnd) && { end: storedEnd }),
      signal,
      bulk,
    });
    if (source.whole !== undefined && source.whole.byteLength <= MAX_SMALL_BYTES) {
      return inMemory(await this.#small(path, source.whole, signal), end);
    }
    const bytes = new StoredBytes(source);
    try {
      const begin = Buffer.from(await bytes.take(MAX_SMALL_BYTES + 1));
      if (begin.byteLength <= MAX_SMALL_BYTES) return inMemory(await this.#small(path, begin, signal), end);
      const file = await this.#files.verified(path, begin.subarray(0, HEADER_BYTES), signal);
      if (file === undefined) {
        bytes.close();
        return undefined;
      }
      bytes.putBack(begin.subarray(HEADER_BYTES));
      return await this.#stream(path, file, { bytes, start, end });
    } catch (error) {
      bytes.close();
      throw error;
    }
  }

  /** @returns `undefined` when the file was replaced */
  async #from(path: StoragePath, { start, end, signal, bulk }: Range): Promise<ReadStream | undefined> {
    const known = this.#files.known(path);
    // The first frame tells whether a known file is still there; beyond its end, only the header does.
    const isRead = known !== undefined && start < known.plainBytes;
    const file = isRead ? known : await this.#files.verified(path, await this.#files.header(path, signal), signal);
    if (file === undefined) return undefined;
    if (start >= file.plainBytes || start === end) return inMemory(Buffer.alloc(0), 0);
    const range = { start: frameOffset(frameAt(start)), end: frameOffset(frameCount(Math.min(end, file.plainBytes))) };
    const bytes = new StoredBytes(await this.#driver.read(path, { ...range, signal, bulk }));
    try {
      return await this.#stream(path, file, { bytes, start, end });
    } catch (error) {
      bytes.close();
      if (!DriverError.is(error, 'damaged')) throw error;
      if (file.cipher.isOf(await this.#files.header(path, signal))) throw error;
      return undefined;
    }
  }

  async #stream(
    path: StoragePath,
    file: OpenFile,
    { bytes, start, end }: PlainRange & { readonly bytes: StoredBytes },
  ): Promise<ReadStream> {
    const chunks = decryptedChunks(file, bytes, { start, end: Math.min(end, file.plainBytes) });
    const first = await chunks.next();
    const stream = new ChunkStream((signal) => {
      // The source may be silent when the reader leaves, or the reader may leave before the first chunk.
      signal.addEventListener('abort', () => bytes.close(), { once: true });
      return this.#rest(path, first, { chunks, bytes });
    });
    return Object.assign(stream, { recycle: freeMemory });
  }

  async *#rest(
    path: StoragePath,
    first: IteratorResult<Uint8Array, void>,
    { chunks, bytes }: { readonly chunks: AsyncGenerator<Uint8Array, void, undefined>; readonly bytes: StoredBytes },
  ): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      if (first.done === true) return;
      yield first.value;
      yield* chunks;
    } catch (error) {
      if (!DriverError.is(error)) throw error;
      throw new DriverError(error.code, { path, driver: this.#driver.name, cause: error.cause });
    } finally {
      bytes.close();
    }
  }

  async #small(path: StoragePath, stored: Uint8Array, signal: AbortSignal | undefined): Promise<Buffer> {
    try {
      return decryptWhole(stored, [path], this.#keys);
    } catch (error) {
      if (!DriverError.is(error, 'damaged')) throw error;
      const sealedFor = await this.#files.movedFrom(path, stored.subarray(0, HEADER_BYTES), signal);
      if (sealedFor === undefined) throw error;
      return decryptWhole(stored, [sealedFor], this.#keys);
    }
  }
}

/** A stream over bytes that are in memory. */
function inMemory(plain: Buffer, end: number): ReadStream {
  const whole = plain.subarray(0, end);
  return Object.assign(Readable.from(whole.byteLength === 0 ? [] : [whole], { objectMode: false }), { whole });
}
