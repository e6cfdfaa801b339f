import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { DriverError, type ReadStream } from '../../core/driver/index.ts';
import { toDriverError } from './errno.ts';

/** The smallest and first read of a stream, in bytes. */
export const MIN_READ_BYTES = 64 * 1024;
const MAX_READ_BYTES = 512 * 1024;

/**
 * Bytes that all streams together may still hold in addition to their two smallest buffers. The kernel accepts the
 * first megabytes of every body at once, so even a client that then stops has caused large reads; hundreds of such
 * clients must not add up.
 */
let spareBytes = 32 * 1024 * 1024;

/** The rest that a stream has to read: bytes `position` up to `end` of an open file. */
export interface FileRest {
  readonly handle: Pick<FileHandle, 'read' | 'close'>;
  readonly position: number;
  readonly end: number;
  /** The storage path, for errors. */
  readonly path: string;
}

/**
 * Streams a file with one read ahead of the consumer. Reads double from 64 KiB to 512 KiB while the consumer waits for
 * the disk, and halve while the disk waits for the consumer; so a slow consumer costs two small buffers (its own and
 * the one ahead), and a fast one costs few system calls.
 */
export class FileStream extends Readable implements ReadStream {
  readonly whole: Buffer | undefined;
  readonly #rest: FileRest | undefined;
  #position: number;
  #readBytes = MIN_READ_BYTES;
  #ahead: Promise<Buffer> | undefined;
  #isAheadReady = true;
  #closing: Promise<void> | undefined;
  /** Memory that the consumer released. */
  #spare: ArrayBufferLike | undefined;

  /** @param first bytes that were read already; without `rest` they are the whole content */
  constructor(first: Buffer, rest?: FileRest) {
    // The read ahead is the only buffer: with a mark above 0 Readable would keep a second one.
    super({ highWaterMark: 0 });
    this.#rest = rest;
    this.whole = rest === undefined ? first : undefined;
    this.#position = rest?.position ?? 0;
    if (first.byteLength > 0) this.#ahead = Promise.resolve(first);
  }

  override _read(): void {
    if (this.#ahead === undefined) {
      this.push(null);
      return;
    }
    this.#resize(
      this.#isAheadReady
        ? Math.max(this.#readBytes / 2, MIN_READ_BYTES)
        : Math.min(this.#readBytes * 2, MAX_READ_BYTES),
    );
    this.#ahead.then(
      (chunk) => {
        if (this.destroyed) return;
        this.#ahead = this.#readAhead();
        this.push(chunk);
      },
      (error: Error) => this.destroy(error),
    );
  }

  recycle(chunk: Uint8Array): void {
    // Smaller ones may share their memory with other buffers.
    if (chunk.buffer.byteLength >= MIN_READ_BYTES) this.#spare = chunk.buffer;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#resize(MIN_READ_BYTES);
    this.#close().then(
      () => callback(error),
      () => callback(error),
    );
  }

  /** Changes the size of reads, unless that exceeds the memory for all streams. */
  #resize(readBytes: number): void {
    // One buffer is with the consumer, one is being filled.
    const more = 2 * (readBytes - this.#readBytes);
    if (more > spareBytes) return;
    spareBytes -= more;
    this.#readBytes = readBytes;
  }

  #readAhead(): Promise<Buffer> | undefined {
    const rest = this.#rest;
    if (rest === undefined) return undefined;
    if (this.#position >= rest.end) {
      // Everything is read: close the file without waiting for the consumer.
      this.#close().catch(() => undefined);
      return undefined;
    }
    this.#isAheadReady = false;
    const ahead = this.#readNext(rest);
    // The next read sees the failure; when the stream is destroyed first, no read awaits it.
    ahead.catch(() => undefined);
    return ahead;
  }

  async #readNext({ handle, end, path }: FileRest): Promise<Buffer> {
    const wanted = Math.min(this.#readBytes, end - this.#position);
    try {
      const { buffer, bytesRead } = await handle.read(this.#take(wanted), 0, wanted, this.#position);
      if (bytesRead === 0)
        throw new Error(`the file ends at ${this.#position}, but had ${end} bytes when it was opened`);
      this.#position += bytesRead;
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      const known = toDriverError(error, path, 'find');
      throw DriverError.is(known) ? known : new DriverError('unavailable', { path, cause: error });
    } finally {
      this.#isAheadReady = true;
    }
  }

  #take(bytes: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && spare.byteLength >= bytes ? Buffer.from(spare) : Buffer.allocUnsafeSlow(bytes);
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeNow();
    return this.#closing;
  }

  async #closeNow(): Promise<void> {
    // Closing the handle while a read still waits for a thread could let that read hit another file with the same
    // number.
    await this.#ahead?.catch(() => undefined);
    await this.#rest?.handle.close();
  }
}
