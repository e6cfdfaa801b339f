import { Readable } from 'node:stream';
import { DriverError, type ReadStream } from '../../core/driver/index.ts';
import { toDriverError } from './errno.ts';
import type { OpenFile } from './open-file.ts';
import { MAX_READ_BYTES, MIN_READ_BYTES, readBytesFor, releaseReadBuffer, takeReadBuffer } from './read-buffers.ts';

/** Reads grow while the consumer takes less than this time for one, and shrink when it takes longer than the second. */
const FAST_MS = 20;
const SLOW_MS = 80;
/**
 * The weight of the last chunk in the consumer's pace is one in this many: a socket takes several chunks at once, then
 * none.
 */
const PACE_PARTS = 4;
/**
 * The number of reads of one size before a larger one. The kernel accepts the first megabytes of every body at once, so
 * a client that stops afterwards looks fast until then.
 */
const READS_BEFORE_GROWTH = 16;

/**
 * The bytes that all streams together may hold in addition to their two smallest buffers; hundreds of clients that were
 * fast and then stopped must not add up.
 */
let spareBytes = 32 * 1024 * 1024;

/** The rest of a file for a stream to read: bytes `position` up to `end`. */
export interface FileRest {
  readonly opened: Pick<OpenFile, 'read' | 'close'>;
  readonly position: number;
  readonly end: number;
  /** The storage path, for errors. */
  readonly path: string;
  /** Whether reads are large from the start, because the consumer will be fast. */
  readonly isBulk?: boolean;
}

/**
 * Streams a file with one read ahead of the consumer. Reads double from 64 KiB to 1 MiB while the consumer is fast, and
 * halve while it is slow; so a slow consumer costs two small buffers (its own and the one ahead), and a fast one costs
 * few trips to another thread and few system calls.
 */
export class FileStream extends Readable implements ReadStream {
  readonly whole: Buffer | undefined;
  readonly #rest: FileRest | undefined;
  #position: number;
  /** The number of bytes that the consumer has received. */
  #givenBytes = 0;
  /** The milliseconds that the consumer takes per byte. */
  #pace = 0;
  #readBytes = MIN_READ_BYTES;
  #ahead: Promise<Buffer> | undefined;
  /** When the consumer received its last chunk, and the size of that chunk. */
  #lastGiven: { readonly at: number; readonly bytes: number } | undefined;
  #closing: Promise<void> | undefined;
  /** The memory that the consumer received last and has not released. */
  #given: ArrayBufferLike | undefined;
  readonly #now: () => number;

  /**
   * @param first bytes that were already read; without `rest` they are the whole content
   * @param now a clock in milliseconds
   */
  constructor(first: Buffer, rest?: FileRest, now = () => performance.now()) {
    // The read ahead is the only buffer: with a mark above 0 Readable would keep a second one.
    super({ highWaterMark: 0 });
    this.#rest = rest;
    this.whole = rest === undefined ? first : undefined;
    this.#position = rest?.position ?? 0;
    this.#now = now;
    if (rest?.isBulk === true) this.#resize(readBytesFor(rest.end - rest.position));
    if (first.byteLength > 0) this.#ahead = Promise.resolve(first);
  }

  override _read(): void {
    if (this.#ahead === undefined) {
      this.push(null);
      return;
    }
    if (this.#lastGiven !== undefined) this.#adapt(this.#lastGiven);
    this.#ahead.then(
      (chunk) => {
        if (this.destroyed) return;
        this.#ahead = this.#readAhead();
        this.#lastGiven = { at: this.#now(), bytes: chunk.byteLength };
        this.#givenBytes += chunk.byteLength;
        // The memory of a whole file may be shared.
        if (this.#rest !== undefined) this.#given = chunk.buffer;
        this.push(chunk);
      },
      (error: Error) => this.destroy(error),
    );
  }

  recycle(chunk: Uint8Array): void {
    // Only once, and only its own: other streams of the process will use the memory.
    if (this.#given === undefined || chunk.buffer !== this.#given) return;
    this.#given = undefined;
    releaseReadBuffer(chunk.buffer);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#resize(MIN_READ_BYTES);
    this.#close().then(
      () => callback(error),
      () => callback(error),
    );
  }

  /** Adapts the size of reads to the pace of the consumer, which has just finished a chunk. */
  #adapt({ at, bytes }: { readonly at: number; readonly bytes: number }): void {
    this.#pace += ((this.#now() - at) / bytes - this.#pace) / PACE_PARTS;
    const neededMs = this.#pace * this.#readBytes;
    const isProven = this.#givenBytes >= READS_BEFORE_GROWTH * this.#readBytes;
    if (neededMs > SLOW_MS) this.#resize(Math.max(this.#readBytes / 2, MIN_READ_BYTES));
    else if (neededMs < FAST_MS && isProven) this.#resize(Math.min(this.#readBytes * 2, MAX_READ_BYTES));
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
    const ahead = this.#readNext(rest);
    // The next read sees the failure; when the stream is destroyed first, no read awaits it.
    ahead.catch(() => undefined);
    return ahead;
  }

  async #readNext({ opened, end, path }: FileRest): Promise<Buffer> {
    const target = takeReadBuffer(this.#readBytes);
    const wanted = Math.min(target.byteLength, end - this.#position);
    try {
      const bytesRead = await opened.read(target, wanted, this.#position);
      if (bytesRead === 0)
        throw new Error(`the file ends at ${this.#position}, but had ${end} bytes when it was opened`);
      this.#position += bytesRead;
      return target.subarray(0, bytesRead);
    } catch (error) {
      const known = toDriverError(error, path, 'find');
      throw DriverError.is(known) ? known : new DriverError('unavailable', { path, cause: error });
    }
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeNow();
    return this.#closing;
  }

  async #closeNow(): Promise<void> {
    // Closing the file while a read still waits for a thread could let that read hit another file with the same number.
    await this.#ahead?.catch(() => undefined);
    await this.#rest?.opened.close();
  }
}
