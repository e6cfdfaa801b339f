// @ts-check

/** @typedef {import('stowage/driver').DriverWriter} DriverWriter */

/**
 * One write. It continues where the last writer of its path stopped.
 *
 * @implements {DriverWriter}
 */
export class TemplateWriter {
  #chunks;
  #ends;

  /**
   * @param {Buffer[]} chunks the bytes so far; the write adds to them
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

  /** The bytes are kept for the next writer. */
  async [Symbol.asyncDispose]() {}
}
