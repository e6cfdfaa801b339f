// @ts-check

/** @typedef {import('stowage/driver').DriverWriter} DriverWriter */

/**
 * One write that goes on where the one before has stopped.
 *
 * @implements {DriverWriter}
 */
export class TemplateWriter {
  #chunks;
  #ends;

  /**
   * @param {Buffer[]} chunks what is there so far; it grows with the write
   * @param {{ readonly commit: () => void, readonly cancel: () => void }} ends
   */
  constructor(chunks, ends) {
    this.#chunks = chunks;
    this.#ends = ends;
  }

  get size() {
    return this.#chunks.reduce((size, chunk) => size + chunk.byteLength, 0);
  }

  /** @param {AsyncIterable<Uint8Array>} body */
  async append(body) {
    for await (const chunk of body) this.#chunks.push(Buffer.from(chunk));
  }

  async commit() {
    this.#ends.commit();
  }

  async cancel() {
    this.#ends.cancel();
  }

  /** The bytes stay, for the next writer. */
  async [Symbol.asyncDispose]() {}
}
