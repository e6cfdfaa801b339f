/** Gives a body in parts; each is read to its end before the next one is asked for. */
export class BodyParts {
  readonly #source: AsyncIterator<Uint8Array, unknown>;
  readonly #partBytes: number;
  #hasEnded = false;

  /** @param partBytes a part ends with the chunk with which it reaches this size */
  constructor(body: AsyncIterable<Uint8Array>, partBytes: number) {
    this.#source = body[Symbol.asyncIterator]();
    this.#partBytes = partBytes;
  }

  /** Whether the body has given its last byte. */
  hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The next part. Stopping it early stops the body. */
  async *next(): AsyncGenerator<Uint8Array, void, undefined> {
    let size = 0;
    let isWhole = false;
    try {
      while (size < this.#partBytes) {
        const chunk = await this.#source.next();
        this.#hasEnded = chunk.done === true;
        if (chunk.done === true) break;
        size += chunk.value.byteLength;
        yield chunk.value;
      }
      isWhole = true;
    } finally {
      if (!isWhole) await this.#source.return?.();
    }
  }
}
