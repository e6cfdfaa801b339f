/** Splits one body into several consecutive ones, without copying bytes. */
export class BodyChunks implements AsyncDisposable {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #passed: (bytes: number) => void;
  /** Bytes that were read but belong to the next chunk. */
  #rest: Uint8Array = new Uint8Array();
  #hasEnded = false;

  /** @param passed called with the number of bytes just passed on */
  constructor(body: AsyncIterable<Uint8Array>, passed: (bytes: number) => void) {
    this.#source = body[Symbol.asyncIterator]();
    this.#passed = passed;
  }

  /** The next `limit` bytes as a body, or fewer at the end. The previous body must have been read to its end. */
  async *next(limit: number): AsyncGenerator<Uint8Array, void, undefined> {
    let left = limit;
    while (left > 0) {
      const bytes = this.#rest.byteLength > 0 ? this.#rest : await this.#read();
      if (bytes === undefined) return;
      const part = bytes.subarray(0, left);
      this.#rest = bytes.subarray(part.byteLength);
      left -= part.byteLength;
      if (part.byteLength > 0) yield part;
      this.#passed(part.byteLength);
    }
  }

  async #read(): Promise<Uint8Array | undefined> {
    const result = await this.#source.next();
    if (result.done !== true) return result.value;
    this.#hasEnded = true;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.#source.return?.();
  }
}
