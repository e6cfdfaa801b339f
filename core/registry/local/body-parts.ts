import type { Digester } from '../../digest/digester.ts';

/** Yields a body in parts, each read to its end before the next one is requested, and hashes the bytes it yields. */
export class BodyParts implements Disposable {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #digester: Digester | undefined;
  #hasEnded = false;
  #isDisposed = false;

  constructor(body: AsyncIterable<Uint8Array>, digester: Digester | undefined) {
    this.#source = body[Symbol.asyncIterator]();
    this.#digester = digester;
  }

  /** Whether the body has yielded its last byte. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The next part: whole chunks, at least `minBytes` in total. Ending the iteration early ends the body. */
  async *next(minBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    let isWhole = false;
    try {
      while (size < minBytes) {
        const chunk = await this.#source.next();
        this.#hasEnded = chunk.done === true;
        // A slow body may still yield a chunk after an abort; it is not stored.
        if (chunk.done === true || this.#isDisposed) break;
        this.#digester?.update(chunk.value);
        size += chunk.value.byteLength;
        yield chunk.value;
      }
      isWhole = true;
    } finally {
      if (!isWhole) await this.#source.return?.();
    }
  }

  /** Stops hashing. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
  }
}
