import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';

/**
 * The bytes of a request, in chunks that need not be joined. Amazon's library treats it as a stream that it does not
 * read; the transport sends the chunks, as often as it is called.
 */
export class ChunkedBody extends Readable {
  readonly chunks: readonly Uint8Array[];
  #sha256: string | undefined;

  constructor(chunks: readonly Uint8Array[]) {
    super();
    this.chunks = chunks;
  }

  /** The length, in bytes. */
  get bytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  }

  /** The SHA-256 in hexadecimal, which the service compares with what arrives. */
  get sha256(): string {
    if (this.#sha256 === undefined) {
      const hash = createHash('sha256');
      for (const chunk of this.chunks) hash.update(chunk);
      this.#sha256 = hash.digest('hex');
    }
    return this.#sha256;
  }

  override _read(): void {
    // Nobody reads it.
  }
}
