import type { Digester } from '../../digest/digester.ts';

/** Gives a body in parts, each read to its end before the next one is asked for, and hashes what it gives. */
export class BodyParts implements Disposable {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #digester: Digester | undefined;
  #hasEnded = false;
  #isDisposed = false;

  constructor(body: AsyncIterable<Uint8Array>, digester: Digester | undefined) {
    this.#source = body[Symbol.asyncIterator]();
    this.#digester = digester;
  }

  /** Whether the body has given its last byte. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The next part: whole chunks, until it has at least `minBytes`. Stopping it early stops the body. */
  async *next(minBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    let isWhole = false;
    try {
      while (size < minBytes) {
        const chunk = await this.#source.next();
        this.#hasEnded = chunk.done === true;
        // A slow body may still give a chunk after an abort; it is not stored.
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

  /** From now on nothing is hashed. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
  }
}
