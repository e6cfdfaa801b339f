import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { DriverError } from '../../core/driver/index.ts';
import { crc32c, decodeCrc32c } from './crc32c.ts';
import { hasStatus, StatusError, TruncatedError } from './failures.ts';
import type { Retries } from './retries.ts';

/** What a stream reads, and how it resumes after a lost connection. */
export interface StreamSource {
  /** The storage path, for errors. */
  readonly path: string;
  readonly response: IncomingMessage;
  /** The requested range; the end may be past the size. */
  readonly start: number;
  readonly end: number;
  readonly retries: Retries;
  /** The time without a byte after which the connection counts as lost, in milliseconds. */
  readonly idleMs: number;
  /** Opens bytes `start` up to `end` of the same generation. */
  readonly reopen: (generation: string, start: number, end: number, signal: AbortSignal) => Promise<IncomingMessage>;
}

/**
 * Streams an object, or a part of it. After a lost connection it resumes where the connection broke, with the same
 * generation, so old and new content never mix. The last bytes of a whole object are passed on only if its CRC32C
 * matches.
 */
export class ObjectStream extends Readable {
  readonly #source: StreamSource;
  readonly #extent: Extent;
  readonly #ended = new AbortController();
  #response: IncomingMessage;
  #position: number;
  #checksum = 0;
  #failures = 0;

  constructor(source: StreamSource) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#extent = extentOf(source.response);
    if (this.#extent.start !== source.start || this.#extent.end > source.end) {
      throw new Error('Cloud Storage did not send the requested part');
    }
    this.#position = this.#extent.start;
    this.#response = source.response;
    this.#attach(source.response);
  }

  override _read(): void {
    this.#flow();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#ended.abort();
    this.#response.destroy();
    callback(error);
  }

  #attach(response: IncomingMessage): void {
    let reason: Error | undefined;
    this.#response = response;
    this.#hold();
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', (error) => {
      reason = error;
    });
    response.once('close', () => {
      if (this.destroyed) return;
      if (this.#position === this.#extent.end) this.push(null);
      else void this.#resume(reason ?? new TruncatedError('the content ended early'));
    });
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    const { start, end, size, checksum } = this.#extent;
    const bytes = chunk.subarray(0, end - this.#position);
    if (bytes.byteLength === 0) return;
    this.#failures = 0;
    this.#position += bytes.byteLength;
    if (start === 0 && end === size) this.#checksum = crc32c(bytes, this.#checksum);
    const isWhole = start === 0 && this.#position === size && checksum !== undefined;
    if (isWhole && checksum !== this.#checksum) {
      this.#fail(new Error('the content does not match its CRC32C'));
      return;
    }
    if (!this.push(bytes)) this.#hold();
  }

  #flow(): void {
    this.#limitIdling(this.#source.idleMs);
    this.#response.resume();
  }

  #hold(): void {
    this.#response.pause();
    this.#limitIdling(0);
  }

  /** A silent connection counts as lost only while the reader waits for bytes. */
  #limitIdling(idleMs: number): void {
    // A complete answer has released its connection.
    if (!this.#response.complete) this.#response.socket.setTimeout(idleMs);
  }

  async #resume(error: Error): Promise<void> {
    const { path, retries, reopen } = this.#source;
    const { signal } = this.#ended;
    try {
      this.#failures += 1;
      await retries.pause(error, this.#failures, signal);
      const response = await reopen(this.#extent.generation, this.#position, this.#extent.end, signal);
      const { start, generation } = extentOf(response);
      if (start !== this.#position || generation !== this.#extent.generation) {
        response.destroy();
        throw replaced(path);
      }
      this.#attach(response);
      this.#flow();
    } catch (failure) {
      if (!this.destroyed) this.#fail(hasStatus(failure, 404) ? replaced(path, failure) : failure);
    }
  }

  #fail(error: unknown): void {
    const { path } = this.#source;
    this.destroy(DriverError.is(error) ? error : new DriverError('unavailable', { path, cause: error }));
  }
}

/** Cloud Storage no longer has the generation that was opened. */
function replaced(path: string, cause?: unknown): DriverError {
  return new DriverError('conflict', {
    path,
    cause: new Error('the content was replaced or deleted while it was read', { cause }),
  });
}

/** The object in a response, and the part of it. */
interface Extent {
  readonly start: number;
  readonly end: number;
  readonly size: number;
  readonly generation: string;
  /** The CRC32C of the whole object. */
  readonly checksum: number | undefined;
}

function extentOf(response: IncomingMessage): Extent {
  const { headers, statusCode } = response;
  const [, start, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const length = Number(headers['content-length'] ?? NaN);
  const generation = String(headers['x-goog-generation'] ?? '');
  const isPart = statusCode === 206 && size !== undefined;
  if (!isPart && Number.isNaN(length)) throw new StatusError(statusCode ?? 0, 'content of unknown length');
  const checksum = decodeCrc32c(/crc32c=([^,\s]+)/.exec(String(headers['x-goog-hash'] ?? ''))?.[1]);
  return isPart
    ? { start: Number(start), end: Number(last) + 1, size: Number(size), generation, checksum }
    : { start: 0, end: length, size: length, generation, checksum };
}
