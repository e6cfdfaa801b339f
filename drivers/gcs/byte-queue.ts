/** Smaller chunks are copied together, so that single bytes do not cost an object each. */
const SMALL_BYTES = 4 * 1024;
const BLOCK_BYTES = 64 * 1024;

/** Bytes in order: added at the end, dropped from the front. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Where the next small chunk goes, behind the last one. */
  #block: { readonly buffer: Buffer; readonly start: number; end: number } | undefined;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps `chunk`; the caller must not change it any more. */
  add(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#bytes += chunk.byteLength;
    if (chunk.byteLength > SMALL_BYTES) {
      this.#block = undefined;
      this.#chunks.push(chunk);
      return;
    }
    const block = this.#block;
    if (block === undefined || block.end + chunk.byteLength > BLOCK_BYTES) {
      const buffer = Buffer.allocUnsafeSlow(BLOCK_BYTES);
      buffer.set(chunk);
      this.#block = { buffer, start: 0, end: chunk.byteLength };
      this.#chunks.push(buffer.subarray(0, chunk.byteLength));
      return;
    }
    block.buffer.set(chunk, block.end);
    block.end += chunk.byteLength;
    this.#chunks[this.#chunks.length - 1] = block.buffer.subarray(block.start, block.end);
  }

  /** The first `bytes`, as views; they stay in the queue. */
  first(bytes: number): Uint8Array[] {
    return part(this.#chunks, 0, bytes);
  }

  /** Removes the first `bytes`. */
  drop(bytes: number): void {
    this.#chunks = part(this.#chunks, bytes, this.#bytes);
    this.#bytes -= bytes;
    this.#block = undefined;
  }
}

/** The bytes `start` up to `end` of `chunks`, as views. */
export function part(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    if (at >= end) break;
    const view = chunk.subarray(Math.max(0, start - at), end - at);
    if (view.byteLength > 0) found.push(view);
    at += chunk.byteLength;
  }
  return found;
}
