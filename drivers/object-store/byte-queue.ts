/** Memory is allocated and released in blocks of this many bytes. */
const BLOCK_BYTES = 256 * 1024;
/** Free blocks that are kept for reuse: 16 MiB. */
const MAX_FREE_BLOCKS = 64;

/** From so many bytes on, which all uploads hold together, memory is scarce: six uploads of two parts of 5 MiB. */
const SCARCE_BYTES = 64 * 1024 * 1024;

/** Reuses blocks of memory; otherwise megabytes would pile up until the garbage collector runs. */
export class BlockPool {
  readonly #free: Buffer[] = [];
  #taken = 0;

  /** Whether so much is held that each upload should hold less. */
  get isScarce(): boolean {
    return this.#taken * BLOCK_BYTES > SCARCE_BYTES;
  }

  take(): Buffer {
    this.#taken += 1;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
  }

  give(block: Buffer): void {
    this.#taken -= 1;
    if (this.#free.length < MAX_FREE_BLOCKS) this.#free.push(block);
  }
}

/** Bytes in order: copied in at the end, dropped from the front. */
export class ByteQueue {
  readonly #pool: BlockPool;
  readonly #blocks: Buffer[] = [];
  /** The position of the first byte in the first block. */
  #start = 0;
  #bytes = 0;

  constructor(pool: BlockPool) {
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Uint8Array): void {
    for (let taken = 0; taken < chunk.byteLength; ) {
      const end = this.#start + this.#bytes;
      const at = end % BLOCK_BYTES;
      if (end === this.#blocks.length * BLOCK_BYTES) this.#blocks.push(this.#pool.take());
      const piece = chunk.subarray(taken, taken + BLOCK_BYTES - at);
      this.#blocks.at(-1)?.set(piece, at);
      taken += piece.byteLength;
      this.#bytes += piece.byteLength;
    }
  }

  /** The first `bytes`, as views that are valid until they are dropped; they stay in the queue. */
  first(bytes: number): Uint8Array[] {
    return bytesBetween(this.#blocks, this.#start, this.#start + Math.min(bytes, this.#bytes));
  }

  /** Removes the first `bytes`. */
  drop(bytes: number): void {
    this.#start += bytes;
    this.#bytes -= bytes;
    while (this.#start >= BLOCK_BYTES || (this.#bytes === 0 && this.#blocks.length > 0)) {
      const block = this.#blocks.shift();
      if (block !== undefined) this.#pool.give(block);
      this.#start = Math.max(0, this.#start - BLOCK_BYTES);
    }
    if (this.#bytes === 0) this.#start = 0;
  }

  clear(): void {
    this.drop(this.#bytes);
  }
}

/** The bytes `start` up to `end` of `chunks`, as views. */
export function bytesBetween(chunks: readonly Uint8Array[], start: number, end: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const chunk of chunks) {
    if (at >= end) break;
    const view = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    if (view.byteLength > 0) found.push(view);
    at += chunk.byteLength;
  }
  return found;
}
