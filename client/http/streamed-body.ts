/**
 * A socket whose buffer is not full keeps a chunk and asks for the next one at once. One that gets as many bytes as its
 * buffer may have asks when the system has taken them all; this is twice what Node gives it.
 */
const MIN_UNCOPIED_BYTES = 128 * 1024;

/**
 * A body that is sent as it comes. It can be sent once only. The memory of a chunk may be used again when the next one is
 * asked for: smaller chunks are copied.
 */
export class StreamedBody {
  /** Bytes; `undefined` when it is not known before the end. */
  readonly length: number | undefined;
  readonly #source: AsyncIterable<Uint8Array>;
  #sent = 0;
  #failure: { readonly error: unknown } | undefined;
  #isStopped = false;

  constructor(source: AsyncIterable<Uint8Array>, length?: number) {
    this.#source = source;
    this.length = length;
  }

  /** Bytes that were handed to the connection; not all of them need have arrived. */
  get sent(): number {
    return this.#sent;
  }

  /** The error with which the source ended, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Ends the body at the next chunk: the answer has come, and no more bytes are wanted. */
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
