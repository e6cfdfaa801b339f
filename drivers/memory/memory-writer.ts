import type { DriverWriter } from '../../core/driver/index.ts';
import type { Bytes } from './bytes.ts';

/** Collects bytes that nobody else sees until `publish` is told to. */
export class MemoryWriter implements DriverWriter {
  readonly #bytes: Bytes;
  readonly #publish: () => void;
  readonly #discard: () => void;

  constructor(bytes: Bytes, publish: () => void, discard: () => void) {
    this.#bytes = bytes;
    this.#publish = publish;
    this.#discard = discard;
  }

  get size(): number {
    return this.#bytes.size;
  }

  async append(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const bytes of body) this.#bytes.add(bytes);
  }

  async commit(): Promise<void> {
    this.#publish();
  }

  async cancel(): Promise<void> {
    this.#discard();
  }

  /** Nothing to release: the driver keeps the bytes for the next writer. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
