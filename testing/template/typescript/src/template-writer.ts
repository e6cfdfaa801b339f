import type { DriverWriter } from 'stowage/driver';

/** How a write ends. */
export interface WriteEnds {
  readonly commit: () => void;
  readonly cancel: () => void;
}

/** One write. It continues where the last writer of its path stopped. */
export class TemplateWriter implements DriverWriter {
  readonly #chunks: Buffer[];
  readonly #ends: WriteEnds;

  /** @param chunks the bytes so far; the write adds to them */
  constructor(chunks: Buffer[], ends: WriteEnds) {
    this.#chunks = chunks;
    this.#ends = ends;
  }

  get size(): number {
    return this.#chunks.reduce((size, chunk) => size + chunk.byteLength, 0);
  }

  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of body) this.#chunks.push(Buffer.from(chunk));
  }

  async commit(): Promise<void> {
    this.#ends.commit();
  }

  async cancel(): Promise<void> {
    this.#ends.cancel();
  }

  /** The bytes are kept for the next writer. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
