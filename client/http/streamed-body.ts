/**
 * A socket whose buffer is not full keeps a chunk and requests the next one at once. For a chunk as large as its
 * buffer, it requests the next one only when the system has taken all bytes; this is twice the buffer size of Node.
 */
const MIN_UNCOPIED_BYTES = 128 * 1024;

/**
 * A body that is sent as it arrives. It can be sent only once. The memory of a chunk may be reused when the next one is
 * requested: smaller chunks are copied.
 */
export class StreamedBody {
  /** The length in bytes; `undefined` when it is not known before the end. */
  readonly length: number | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  #sent = 0;
  #failure: { readonly error: unknown } | undefined;
  #isStopped = false;

  constructor(source: AsyncIterable<Uint8Array>, length?: number) {
    this.#source = source;
    this.length = length;
  }

  /** The bytes passed to the connection; not all of them may have arrived. */
  get sent(): number {
    return this.#sent;
  }

  /** The error with which the source ended, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Ends the body at the next chunk: the answer has arrived, and no more bytes are needed. */
  stop(): void {
    this.#isStopped = true;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for await (const chunk of this.#source) {
        if (this.#isStopped) return;
        if (chunk.byteLength === 0) continue;
        this.#sent += chunk.byteLength;
        yield chunk.byteLength < MIN_UNCOPIED_BYTES ? Buffer.from(chunk) : chunk;
      }
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }
}
