import { Readable } from 'node:stream';

/** Produces the chunks of a stream, none of them empty; ends soon, with or without an error, when the signal aborts. */
export type ChunkSource = (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, undefined>;

/** A stream over chunks that may take long to arrive; it can be destroyed at any time. */
export class ChunkStream extends Readable {
  readonly #controller = new AbortController();
  readonly #chunks: AsyncGenerator<Uint8Array, void, undefined>;

  constructor(source: ChunkSource) {
    // The source has enough buffers of its own.
    super({ highWaterMark: 0 });
    this.#chunks = source(this.#controller.signal);
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ done, value }) => this.push(done === true ? null : value),
      (error: Error) => this.destroy(error),
    );
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#controller.abort();
    this.#chunks.return().then(
      () => callback(error),
      () => callback(error),
    );
  }
}
