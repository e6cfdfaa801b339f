import { Readable } from 'node:stream';

/**
 * A stream over the chunks of an iterator, which is advanced when the reader needs a chunk. Destroying the stream
 * aborts what the iterator waits for.
 */
export class ByteStream extends Readable {
  readonly #chunks: AsyncIterator<Uint8Array, void, undefined>;
  readonly #abort: AbortController;

  /** @param abort aborts what `chunks` waits for */
  constructor(chunks: AsyncIterator<Uint8Array, void, undefined>, abort: AbortController) {
    super({ highWaterMark: 64 * 1024 });
    this.#chunks = chunks;
    this.#abort = abort;
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ done, value }) => void this.push(done === true ? null : value),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#abort.abort(error ?? new Error('the stream was destroyed'));
    // The abort ends a pending call of next, and then this one.
    void this.#chunks.return?.().catch(() => undefined);
    callback(error);
  }
}
