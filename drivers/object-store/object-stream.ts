import { Readable } from 'node:stream';
import { DriverError } from '../../core/driver/index.ts';
import { crc32c } from './crc32c.ts';
import { hasStatus, TruncatedError } from './failures.ts';
import type { GetOptions, ObjectContent, ObjectStore } from './object-store.ts';

/** What a stream reads, and how it resumes after a lost connection. */
export interface StreamSource {
  readonly store: ObjectStore;
  /** The storage path, for errors. */
  readonly path: string;
  readonly key: string;
  readonly content: ObjectContent;
  /** The requested range; the end may be past the size. */
  readonly start: number;
  readonly end: number;
}

/**
 * Streams an object, or a part of it. After a lost connection it resumes where the connection broke, with the same
 * version, so old and new content never mix. The last bytes of a whole object are passed on only if its CRC32C matches.
 */
export class ObjectStream extends Readable {
  readonly #source: StreamSource;
  readonly #ended = new AbortController();
  #content: ObjectContent;
  #position: number;
  #checksum = 0;
  #failures = 0;

  constructor(source: StreamSource) {
    super({ highWaterMark: 64 * 1024 });
    const { content, start, end, store } = source;
    if (content.start !== start || content.end > end) {
      content.body.destroy();
      throw new Error(`${store.service} did not send the requested part`);
    }
    this.#source = source;
    this.#position = start;
    this.#content = content;
    this.#attach(content);
  }

  override _read(): void {
    this.#flow();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#ended.abort();
    this.#content.body.destroy();
    callback(error);
  }

  #attach(content: ObjectContent): void {
    let reason: Error | undefined;
    this.#content = content;
    this.#hold();
    const { body } = content;
    body.on('data', (chunk: Buffer) => this.#take(chunk));
    body.on('error', (error) => {
      reason = error;
    });
    body.once('close', () => {
      if (this.destroyed) return;
      if (this.#position === this.#source.content.end) this.push(null);
      else void this.#resume(reason ?? new TruncatedError('the content ended early'));
    });
  }

  #take(chunk: Buffer): void {
    if (this.destroyed) return;
    const { start, end, size, crc32c: checksum } = this.#source.content;
    const bytes = chunk.subarray(0, end - this.#position);
    if (bytes.byteLength === 0) return;
    this.#failures = 0;
    this.#position += bytes.byteLength;
    if (start === 0 && end === size && checksum !== undefined) this.#checksum = crc32c(bytes, this.#checksum);
    const isWhole = start === 0 && this.#position === size && checksum !== undefined;
    if (isWhole && checksum !== this.#checksum) {
      this.#fail(new Error('the content does not match its CRC32C'));
      return;
    }
    if (!this.push(bytes)) this.#hold();
  }

  /** A silent connection counts as lost only while the reader waits for bytes. */
  #flow(): void {
    this.#content.expectBytes(true);
    this.#content.body.resume();
  }

  #hold(): void {
    this.#content.body.pause();
    this.#content.expectBytes(false);
  }

  async #resume(error: Error): Promise<void> {
    const { path, key, store, content } = this.#source;
    const { signal } = this.#ended;
    try {
      this.#failures += 1;
      await store.retries.pause(error, this.#failures, signal);
      const rest: GetOptions = { start: this.#position, end: content.end, version: content.version, signal };
      const reopened = await store.get(key, rest);
      if (reopened.start !== this.#position || reopened.version !== content.version) {
        reopened.body.destroy();
        throw replaced(path);
      }
      this.#attach(reopened);
      this.#flow();
    } catch (failure) {
      if (!this.destroyed) this.#fail(hasStatus(failure, 404, 412) ? replaced(path, failure) : failure);
    }
  }

  #fail(error: unknown): void {
    const { path } = this.#source;
    this.destroy(DriverError.is(error) ? error : new DriverError('unavailable', { path, cause: error }));
  }
}

/** The service no longer has the version that was opened. */
function replaced(path: string, cause?: unknown): DriverError {
  return new DriverError('conflict', {
    path,
    cause: new Error('the content was replaced or deleted while it was read', { cause }),
  });
}
