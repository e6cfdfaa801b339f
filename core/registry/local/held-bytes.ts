/** The largest number of bytes of one upload that are held in memory. */
export const MAX_HELD_BYTES = 1024 * 1024;
/**
 * The sizes of blocks: few bytes are copied when a block is full, and most layers of small images fit the first one.
 */
const BLOCK_BYTES = [MAX_HELD_BYTES / 64, MAX_HELD_BYTES / 16, MAX_HELD_BYTES / 4, MAX_HELD_BYTES];

/** Limits the memory of all uploads together. */
export interface HeldBytesBudget {
  /** Reserves memory; returns whether there was enough. */
  reserve(bytes: number): boolean;
  /** Releases memory. */
  release(bytes: number): void;
}

/**
 * The first bytes of one upload, in memory: at most {@link MAX_HELD_BYTES}, and only as long as the budget lasts. They
 * are in one block, because separate pieces would each cost a hundred bytes more.
 */
export class HeldBytes implements Disposable {
  readonly #budget: HeldBytesBudget;
  #block: Buffer = Buffer.alloc(0);
  #size = 0;

  constructor(budget: HeldBytesBudget) {
    this.#budget = budget;
  }

  get size(): number {
    return this.#size;
  }

  /** The memory that they take. */
  get blockBytes(): number {
    return this.#block.byteLength;
  }

  /** What was added, in order; a later `add` may append to the same memory. */
  get bytes(): Buffer {
    return this.#block.subarray(0, this.#size);
  }

  /** @returns whether the bytes were added; `false` means that none was */
  add(bytes: Uint8Array): boolean {
    const size = this.#size + bytes.byteLength;
    if (size > this.#block.byteLength && !this.#grow(size)) return false;
    this.#block.set(bytes, this.#size);
    this.#size = size;
    return true;
  }

  /** Moves the bytes to a new object; this one is empty afterwards. */
  handOver(): HeldBytes {
    const other = new HeldBytes(this.#budget);
    other.#block = this.#block;
    other.#size = this.#size;
    this.#block = Buffer.alloc(0);
    this.#size = 0;
    return other;
  }

  /** Releases the memory and the bytes. */
  [Symbol.dispose](): void {
    this.#budget.release(this.#block.byteLength);
    this.#block = Buffer.alloc(0);
    this.#size = 0;
  }

  #grow(neededBytes: number): boolean {
    const blockBytes = BLOCK_BYTES.find((bytes) => bytes >= neededBytes);
    if (blockBytes === undefined) return false;
    if (!this.#budget.reserve(blockBytes - this.#block.byteLength)) return false;
    const block = Buffer.allocUnsafeSlow(blockBytes);
    block.set(this.bytes);
    this.#block = block;
    return true;
  }
}
