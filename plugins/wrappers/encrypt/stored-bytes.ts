import type { ReadStream } from '../../../core/driver/index.ts';
import { MAX_FRAME_BYTES } from './layout.ts';

/** Takes the bytes of a stream in pieces of the sizes that the reader asks for. */
export class StoredBytes {
  readonly #stream: ReadStream;
  readonly #chunks: AsyncIterator<Uint8Array, unknown>;
  /** Chunks that were received; the first one without what was taken. */
  readonly #received: Uint8Array[] = [];
  /** For pieces that are in several chunks. */
  #joined: Buffer | undefined;

  constructor(stream: ReadStream) {
    this.#stream = stream;
    this.#chunks = (stream as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
  }

  /** The next `count` bytes, or fewer at the end. They are valid until the next call. */
  async take(count: number): Promise<Uint8Array> {
    this.#release();
    const [first] = this.#received;
    if (first !== undefined && first.byteLength >= count) return this.#advance(count);
    if (this.#joined === undefined || this.#joined.byteLength < count) {
      this.#joined = Buffer.allocUnsafeSlow(Math.max(count, MAX_FRAME_BYTES));
    }
    let at = 0;
    while (at < count && (this.#received.length > 0 || (await this.#receive()))) {
      const part = this.#advance(count - at);
      this.#joined.set(part, at);
      at += part.byteLength;
      // Before the next chunk is received: the driver may remember only the last one.
      this.#release();
    }
    return this.#joined.subarray(0, at);
  }

  /** Lets bytes be taken again, before those that follow. */
  putBack(bytes: Uint8Array): void {
    this.#received.unshift(bytes);
  }

  /** Closes the stream. */
  close(): void {
    this.#stream.destroy();
  }

  #advance(count: number): Uint8Array {
    const first = this.#received[0] ?? new Uint8Array();
    this.#received[0] = first.subarray(count);
    return first.subarray(0, count);
  }

  async #receive(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done === true) return false;
    this.#received.push(next.value);
    return true;
  }

  /** Gives a chunk that was taken as a whole back to the driver. */
  #release(): void {
    const [first] = this.#received;
    if (first === undefined || first.byteLength > 0) return;
    this.#received.shift();
    this.#stream.recycle?.(first);
  }
}
