/** The largest number of bytes of one upload that are held in memory. */
export const MAX_HELD_BYTES = 1024 * 1024;
/** Blocks of these sizes, so that few bytes are copied when one is full and most layers of small images need one. */
const BLOCK_BYTES = [MAX_HELD_BYTES / 64, MAX_HELD_BYTES / 16, MAX_HELD_BYTES / 4, MAX_HELD_BYTES];

/** Where the memory comes from. */
export interface HeldBytesBudget {
  /** Takes memory; returns whether there was enough. */
  reserve(bytes: number): boolean;
  /** Gives memory back. */
  release(bytes: number): void;
}

/**
 * The first bytes of one upload, in memory: at most {@link MAX_HELD_BYTES}, and only as long as the budget lasts. They
 * lie in one block, because each piece of its own would cost a hundred bytes more.
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

  /** How much memory they take. */
  get blockBytes(): number {
    return this.#block.byteLength;
  }

  /** What was added, in order; a later `add` may append to the same memory. */
  get bytes(): Buffer {
    return this.#block.subarray(0, this.#size);
  }

  /** @returns whether the bytes were taken; otherwise nothing was */
  add(bytes: Uint8Array): boolean {
    const size = this.#size + bytes.byteLength;
    if (size > this.#block.byteLength && !this.#grow(size)) return false;
    this.#block.set(bytes, this.#size);
    this.#size = size;
    return true;
  }

  /** The same bytes in an object of their own; this one has none any longer. */
  handOver(): HeldBytes {
    const other = new HeldBytes(this.#budget);
    other.#block = this.#block;
    other.#size = this.#size;
    this.#block = Buffer.alloc(0);
    this.#size = 0;
    return other;
  }

  /** Gives the memory back, and has no bytes any longer. */
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
